"""How a layer is folded over processing elements and cycles, and which parts of a device it uses.

Sizes of layers come in; foldings and mappings, plain data, go out. Begin with
`fcgen.schedule.folding`.
"""
