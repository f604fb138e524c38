"""Words, tables and what a terminal shows.

Nothing of the project comes in; lines for people go out. Begin with `fcgen.text.terminal`.
"""
