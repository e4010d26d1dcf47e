"""The dispenser of tickets on live machines."""
