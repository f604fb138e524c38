#!/bin/sh
# Expected: Amaranth's simulator writes words of 12,000 bits to a memory, as it reads them and as it
#   computes on signals of 12,000 bits.
# Seen: a write port with one enable for the whole word makes the simulator generate an expression
#   that is nested as deep as the word is wide. Python's compiler refuses it with RecursionError:
#   from 2,963 bits on in Python 3.11, from 9,982 in Python 3.13. The same port with an enable for
#   each 8 bits works.
# Versions: amaranth 0.5.10 on CPython 3.11, 3.12 and 3.13.
# Output:
#   signals of 12,000 bits: ok
#   memory, an enable for each 8 bits: ok
#   memory, one enable: RecursionError
# shellcheck source-path=SCRIPTDIR
here=$(cd "$(dirname "$0")" && pwd)
. "$here/environment.sh"
environment amaranth==0.5.10

cat > try.py <<'EOF'
from amaranth.hdl import Module, Signal
from amaranth.lib.memory import Memory
from amaranth.sim import Simulator

BITS = 12_000
VALUE = (1 << BITS) - 5


def register():
    module, source, result = Module(), Signal(BITS), Signal(BITS)
    module.d.sync += result.eq(source)

    async def bench(ctx):
        ctx.set(source, VALUE)
        await ctx.tick()
        assert ctx.get(result) == VALUE

    return module, bench


def memory(granularity):
    module = Module()
    module.submodules.memory = words = Memory(shape=BITS, depth=2, init=[])
    write, read = words.write_port(granularity=granularity), words.read_port(domain="comb")

    async def bench(ctx):
        ctx.set(write.data, VALUE)
        ctx.set(write.en, -1)
        await ctx.tick()
        assert ctx.get(read.data) == VALUE

    return module, bench


def show(name, module, bench):
    try:
        simulator = Simulator(module)
        simulator.add_clock(1e-6)
        simulator.add_testbench(bench)
        simulator.run()
        print(f"{name}: ok")
    except RecursionError:
        print(f"{name}: RecursionError")


show("signals of 12,000 bits", *register())
show("memory, an enable for each 8 bits", *memory(8))
show("memory, one enable", *memory(None))
EOF
expect "$(python try.py)" "\
signals of 12,000 bits: ok
memory, an enable for each 8 bits: ok
memory, one enable: RecursionError"
