"""Documents in, ranked passages out.

Knows nothing of language models, prompts or the web.
"""
