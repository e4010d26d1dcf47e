"""The ready parts of model/library/: why each change keeps their laws."""
