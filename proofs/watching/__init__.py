"""Proves again whenever a file is saved: ``drystone prove --watch``."""
