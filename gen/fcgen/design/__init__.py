"""A design: its Verilog, images, manifest and README, as written and as opened again.

Networks and schedules come in; a directory goes out. Begin with `fcgen.design.files`.
"""
