"""Why our heaps keep what every heap owes its user."""
