"""What a dispenser of tickets promises."""
