"""The compiled kernels, one file each; `stridelab.ops.jit` compiles them.

Importing one imports numba, so `stridelab.ops.methods` does so only when it is needed.
"""
