"""Gold questions in, measured scores out: the third way to use the assistant."""
