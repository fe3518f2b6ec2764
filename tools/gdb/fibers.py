# SPDX-License-Identifier: Apache-2.0
"""gdb commands for Kleio's fibers; work on a live process and on a core dump.

    (gdb) source tools/gdb/fibers.py
    (gdb) fibers            all fibers of all cores: name, state, deadline, top frames
    (gdb) fibers 20         the same with up to 20 frames each
    (gdb) fiber 0x7f...     back trace of one fiber, by its address

A fiber that does not run has its registers saved by Boost.Context on its own stack (struct fiber.context); an unwinder
shows them to gdb as the caller of the newest frame.
"""
import gdb
from gdb.unwinder import Unwinder, register_unwinder

STATES = {0: "none", 1: "ready", 2: "running", 3: "parked", 4: "done"}

# Where jump_fcontext (Boost 1.61 and later, ELF) puts what the callee saves, and how far it moves the stack pointer.
LAYOUTS = {
    "i386:x86-64": {
        "saved": {"r12": 0x08, "r13": 0x10, "r14": 0x18, "r15": 0x20, "rbx": 0x28, "rbp": 0x30, "rip": 0x38},
        "frame": 0x40, "sp": "rsp", "pc": "rip",
    },
    "aarch64": {
        "saved": {**{"x%d" % (19 + i): 0x40 + 8 * i for i in range(12)}, "pc": 0xA0},
        "frame": 0xB0, "sp": "sp", "pc": "pc",
    },
}


def layout():
    name = gdb.selected_frame().architecture().name()
    if name not in LAYOUTS:
        raise gdb.GdbError("fibers: no register layout for %s" % name)
    return LAYOUTS[name]


class FrameId:
    def __init__(self, sp, pc):
        self.sp = sp
        self.pc = pc


class FiberUnwinder(Unwinder):
    """While `context` is set, the newest frame appears to be called by the fiber saved there."""

    def __init__(self):
        super().__init__("kleio-fiber")
        self.context = None
        self.newest_sp = None

    def __call__(self, pending):
        if self.context is None:
            return None
        lay = layout_in_use
        sp = pending.read_register(lay["sp"])
        if int(sp) != self.newest_sp:
            return None
        self.newest_sp = None
        info = pending.create_unwind_info(FrameId(sp, pending.read_register(lay["pc"])))
        for name, offset in lay["saved"].items():
            kind = pending.read_register(name).type
            info.add_saved_register(name, gdb.Value(read_word(self.context + offset)).cast(kind))
        info.add_saved_register(lay["sp"], gdb.Value(self.context + lay["frame"]).cast(sp.type))
        return info


layout_in_use = None
unwinder = FiberUnwinder()
register_unwinder(None, unwinder, replace=True)


def read_word(address):
    data = gdb.selected_inferior().read_memory(address, 8)
    return int.from_bytes(bytes(data), "little")


def frames_of(context, limit):
    """The frames of a saved context, innermost first, as lines of text."""
    global layout_in_use
    layout_in_use = layout()
    gdb.newest_frame().select()
    unwinder.newest_sp = int(gdb.newest_frame().read_register(layout_in_use["sp"]))
    unwinder.context = context
    gdb.invalidate_cached_frames()
    lines = []
    try:
        frame = gdb.newest_frame().older()
        while frame is not None and len(lines) < limit:
            lines.append(describe(frame))
            frame = None if frame.name() == "fiber_main" else frame.older()
    except (gdb.error, gdb.MemoryError) as e:
        lines.append("(%s)" % e)
    finally:
        unwinder.context = None
        gdb.invalidate_cached_frames()
    return lines


def describe(frame):
    sal = frame.find_sal()
    where = " at %s:%d" % (sal.symtab.filename, sal.line) if sal.symtab else ""
    return "0x%x %s%s" % (frame.pc(), frame.name() or "??", where)


def each(head, type_name, member):
    """The objects of an intrusive list."""
    kind = gdb.lookup_type(type_name)
    offset = [f for f in kind.fields() if f.name == member][0].bitpos // 8
    node = head["next"]
    while int(node) != int(head.address):
        yield gdb.Value(int(node) - offset).cast(kind.pointer()).dereference()
        node = node["next"]


def cores():
    return each(gdb.parse_and_eval("core_all"), "struct core", "all_node")


def fibers(core):
    return list(each(core["fibers"], "struct fiber", "all_node"))


def context_of(fiber, all_fibers, current):
    """Where a fiber stands; None for the one that really runs."""
    if int(fiber["state"]) != 2:
        return int(fiber["context"])
    if int(fiber.address) == current:
        return None
    low = int(fiber["stack"]["bottom"])
    high = low + int(fiber["stack"]["bytes"])
    for child in all_fibers:  # it started another with fiber_spawn_now, which will go back to it
        if int(child["state"]) == 2 and low <= int(child["back"]) < high:
            return int(child["back"])
    return None


def show(fiber, all_fibers, current, limit):
    state = STATES.get(int(fiber["state"]), "?")
    more = ", cancelled" if bool(fiber["cancelled"]) else ""
    if int(fiber["timer"]["heap_index"]):
        more += ", until %d ns" % int(fiber["timer"]["deadline_ns"])
    print("  fiber 0x%x \"%s\" %s%s" % (int(fiber.address), fiber["name"].string(), state, more))
    context = context_of(fiber, all_fibers, current)
    if context is None:
        print("      (on its thread: see `info threads`)")
        return
    for line in frames_of(context, limit):
        print("      " + line)


class Fibers(gdb.Command):
    """fibers [FRAMES]: list the fibers of all cores with their top frames (default 5)."""

    def __init__(self):
        super().__init__("fibers", gdb.COMMAND_STACK)

    def invoke(self, arg, from_tty):
        limit = int(arg) if arg else 5
        for core in cores():
            all_fibers = fibers(core)
            print("core %d: %d fibers" % (int(core["index"]), len(all_fibers)))
            for fiber in all_fibers:
                show(fiber, all_fibers, int(core["current"]), limit)


class Fiber(gdb.Command):
    """fiber ADDRESS: back trace of one fiber."""

    def __init__(self):
        super().__init__("fiber", gdb.COMMAND_STACK)

    def invoke(self, arg, from_tty):
        wanted = int(gdb.parse_and_eval(arg))
        for core in cores():
            all_fibers = fibers(core)
            for fiber in all_fibers:
                if int(fiber.address) == wanted:
                    show(fiber, all_fibers, int(core["current"]), 200)
                    return
        raise gdb.GdbError("fiber: no fiber at 0x%x" % wanted)


Fibers()
Fiber()
