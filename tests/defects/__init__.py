"""The defect gallery: for each subject, small variants of its source with a known fault put back."""
