"""How layers are laid out over elements, lanes and cycles, and what they are made of: plain data.

Sizes come in; foldings go out. Begin with `fcgen.schedule.folding`.
"""
