"""The proof that the dispenser of tickets keeps its promises."""
