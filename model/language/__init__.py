"""The specification language, the abstract machine, and what the documents promise, statement by statement."""
