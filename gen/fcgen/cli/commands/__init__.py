"""The commands of ``fcgen``, one a file; each imports what it needs when it runs."""
