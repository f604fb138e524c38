"""Programs outside of Python: where they are, how they are installed, how they are run.

Names come in; processes and their outcomes go out. Begin with `fcgen.tools.wheels`.
"""
