"""The page that ``drystone report`` writes: what is proved, on what it rests, what it costs, in one HTML file."""
