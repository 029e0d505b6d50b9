"""Every word that is sent to a language model, as Markdown with named placeholders.

Knows wording; nothing of what fills the placeholders.
"""

from importlib.resources import files
from string import Template


def template(name: str) -> Template:
    """Read the prompt `name`.md; its `substitute` raises KeyError for a value left out."""
    return Template(files("prompts").joinpath(f"{name}.md").read_text(encoding="utf-8").strip())
