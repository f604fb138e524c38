"""Random layers and networks, or given designs, through an engine.

A seed comes in; a table, JUnit XML and commands that repeat go out. Begin with
`fcgen.regression.regress`.
"""
