"""Fitted objects of scikit-learn and PyTorch.

An object comes in; a `fcgen.load.model.Model` goes out. Begin with `fcgen.load.objects.sklearn`.
"""
