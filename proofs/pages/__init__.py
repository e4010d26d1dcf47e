"""Pages to look at: one style for all of them, plots that follow the reader's theme, everything in one file."""
