"""What a design needs in a system with a bus: a top module, a C header and a section of the README.

The manifest of a design comes in; files and text go out. Begin with
`fcgen.design.interface.files`.
"""
