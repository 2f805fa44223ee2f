# SPDX-License-Identifier: MIT
"""Checks what is timed, in the disassembly of the payload images. Prints TAP.

usage: loops.py BUILD_FOLDER

Every operation begins with jumps to its five parts: the timed batch, its twin, the loop that times
each operation, the twin of that, and the probe. microbench/payload/payload.h writes them; this
finds out what the tools made of it.
"""

import re
import sys

COPIES = 16

# Instructions around the operations, by width of the code: the clock, then what keeps its reading.
CLOCK = {16: ["rdtsc"], 32: ["lfence", "rdtsc", "lfence"], 64: ["lfence", "rdtsc", "lfence"]}
JOIN = {16: [], 32: [], 64: ["shl", "or"]}
KEEP_FIRST = {16: ["mov", "mov"], 32: ["mov", "mov"], 64: ["mov"]}
STORE_LAST = {16: ["mov", "mov"], 32: ["mov", "mov"], 64: ["mov", "mov"]}
STORE_SAMPLE = {
    16: ["sub", "mov", "mov", "mov", "add"],
    32: ["sub", "mov", "mov", "mov", "add"],
    64: ["sub", "mov", "add"],
}
OUT_AX = re.compile(r"%[er]ax,(%fs:)?0xb8(\(%r13\))?$")
COUNTER = {16: "%ebp", 32: "%ebp", 64: "%r12"}

# What a copy of the operation must be, where its name is a promise. Others: the general rules.
PROMISED = {
    "base_add_chain": r"(add \$0x1,%esi;){16}",
    "base_call": r"call \w+;jmp \w+;ret ?;",
    "base_empty": r"",
    "exc_bp": r"int3;",
    "exc_de": r"divl? %ecx;",
    "exc_nm": r"fnop;",
    "exc_ud": r"ud2;",
    "exit_cpuid": r"cpuid;",
    "exit_cr4": r"mov %rdi,%cr4;mov %rsi,%cr4;",
    "exit_cr8_read": r"mov %cr8,%rsi;",
    "exit_getsec": r"getsec;",
    "exit_hlt": r"hlt;",
    "exit_hypercall_vmcall": r"vmcall;",
    "exit_hypercall_vmmcall": r"vmmcall;",
    "exit_invd": r"invd;",
    "exit_lmsw": r"lmsw %di;lmsw %si;",
    "exit_monitor": r"monitor %[er]ax,%[er]?cx,%[er]?dx;",
    "exit_mwait": r"mwait %[er]ax,%[er]?cx;",
    "exit_rdpmc": r"rdpmc;",
    "exit_svm_vmrun": r"vmrun.*;",
    "exit_vmx_vmxoff": r"vmxoff;",
    "exit_wrmsr": r"wrmsr;",
    "exit_xsetbv": r"xsetbv;",
    "exit_wbinvd": r"wbinvd;",
    "exit_rdmsr": r"rdmsr;",
    "insn_clts": r"clts;",
    "insn_cr8_write": r"mov %rsi,%cr8;",
    "insn_mov_from_dr7": r"mov %(db|dr)7,%rsi;",
    "insn_mov_to_cr3": r"mov %rsi,%cr3;",
    "insn_rdrand": r"rdrand %[er]si;",
    "insn_rdtscp": r"rdtscp;",
    "insn_invlpg": r"invlpg \(%rsi\);",
    "insn_pause": r"pause;",
    "insn_rdmsr_passthrough": r"rdmsr;",
    "insn_rdtsc": r"rdtsc;",
    "io_mmio_read": r"mov \(%[er]di\),%eax;",
    "io_mmio_write": r"mov %eax,\(%[er]di\);",
    "io_port_in8": r"in \$0x80,%al;",
    "io_port_in16": r"in \$0x80,%ax;",
    "io_port_in32": r"in \$0x80,%eax;",
    "io_port_out8": r"out %al,\$0x80;",
    "io_port_out16": r"out %ax,\$0x80;",
    "io_port_out32": r"out %eax,\$0x80;",
    "sensitive_call_far": r"lcalll? \*\S+;",
    "sensitive_int_n": r"int \$0x\w+;",
    "sensitive_jmp_far": r"lea [^;]+;mov [^;]+;ljmpl? \*\S+;",
    "sensitive_lar": r"lar %ecx,%eax;",
    "sensitive_lsl": r"lsl %ecx,%eax;",
    "sensitive_pop_segment": r"popl? %gs;",
    "sensitive_popf": r"popfl?;",
    "sensitive_pushf": r"pushfl?;",
    "sensitive_ret_far": r"mov [^;]+;lea [^;]+;mov [^;]+;mov [^;]+;lret[lq]?;",
    "sensitive_sgdt": r"sgdt[wl]? \S+;",
    "sensitive_sidt": r"sidt[wl]? \S+;",
    "sensitive_sldt": r"sldt %eax;",
    "sensitive_smsw": r"smsw %eax;",
    "sensitive_str": r"str %eax;",
    "sensitive_verr": r"verr %cx;",
    "sensitive_verw": r"verw %cx;",
}

# Far transfers are the operation itself for these; nowhere else does a timed loop leave itself.
FAR_TRANSFERS = re.compile(r"sensitive_(call|jmp|ret)_far|exit_task_switch|mem_execute_touch|nested_vmx$")
# A call of what stands in the copy itself: a promise above says so.
CALLS = {"base_call"}

# Nothing is timed in the loops of these: the second never enters its guest.
EMPTY = {"base_empty", "vm_failed_entry"}
# A second vCPU's, whose clock does not count.
PARTNERS = {"smp_parallel_partner"}


class Fault(Exception):
    pass


def want(condition, message):
    if not condition:
        raise Fault(message)


class Instruction:
    def __init__(self, address, code, text):
        words = re.sub(r"\s+", " ", re.sub(r"<.*|#.*", "", text)).strip().split(" ")
        self.address = address
        self.code = code
        # Prefixes and size suffixes are the disassembler's choice.
        while len(words) > 1 and re.fullmatch(r"(addr32|data16|cs|ds|es|ss|fs|gs|rex\.\w+)", words[0]):
            words.pop(0)
        self.name = words[0]
        self.operands = " ".join(words[1:])

    def plain_name(self):
        return re.sub(r"^(mov|sub|add|dec|cmp|shr|shl|or)[bwlq]$", r"\1", self.name)

    def target(self):
        return int(self.operands, 16) if re.fullmatch(r"(0x)?[0-9a-f]+", self.operands) else None


def functions_of(path):
    """{symbol: [Instruction]} of an objdump -d."""
    found = {}
    current = None
    for line in open(path, encoding="utf-8"):
        head = re.match(r"[0-9a-f]+ <(.*)>:$", line)
        part = re.match(r" *([0-9a-f]+):\t([0-9a-f ]+?)\s*(?:\t(.*))?$", line)
        if head:
            current = found.setdefault(head[1], [])
        elif part and part[3]:
            current.append(Instruction(int(part[1], 16), bytes.fromhex(part[2]), part[3]))
        elif part and current:
            current[-1].code += bytes.fromhex(part[2])
    return found


def operations_of(path):
    """{symbol: (address, size)} of an nm -n -S: what lies between the runtime and the text's end."""
    symbols = [line.split() for line in open(path, encoding="utf-8")]
    at = {words[-1]: int(words[0], 16) for words in symbols}
    return {
        words[3]: (int(words[0], 16), int(words[1], 16))
        for words in symbols
        if len(words) == 4 and at["payload_runtime_end"] <= int(words[0], 16) < at["payload_text_end"]
    }


def names(code):
    return [instruction.plain_name() for instruction in code]


def code_bytes(code):
    return b"".join(instruction.code for instruction in code)


def text(code):
    return "".join("%s %s;" % (i.plain_name(), i.operands) for i in code).replace(" ;", ";")


class Operation:
    """An operation's instructions, cut into its parts."""

    def __init__(self, name, bits, start, size, code):
        self.name, self.bits = name, bits
        self.clock = CLOCK[bits] + JOIN[bits]
        self.code = [i for i in code if i.address < start + size]
        jumps = [i for i in self.code[:6] if i.name in ("jb", "je")]
        want(names(self.code[:6]) == ["cmp", "jb", "je", "cmp", "jb", "je"], "no dispatch at the start")
        ends = [i.target() for i in jumps] + [start + size]
        want(ends == sorted(ends), "the parts are out of order")
        self.probe = self.cut_probe(self.between(self.code[6].address, ends[0]))
        parts = [self.between(a, b) for a, b in zip(ends, ends[1:])]
        (entry, self.batch), (twin_entry, self.batch_twin) = map(self.cut_batch, parts[:2])
        # The dispatch takes one instruction more to the twin: where KVM emulates, it counts them.
        want(entry == ["nop"] + twin_entry, "batch and twin begin differently: " + " ".join(entry))
        self.single, self.single_twin = map(self.cut_single, parts[2:])

    def between(self, start, end):
        return [i for i in self.code if start <= i.address < end]

    def find_loop(self, part):
        """Index of the loop's first and of its last instruction: dec counter, jne back."""
        for last in range(len(part) - 1, 0, -1):
            dec, jne = part[last - 1], part[last]
            if jne.name == "jne" and dec.plain_name() == "dec" and dec.operands == COUNTER[self.bits]:
                heads = [n for n, i in enumerate(part) if i.address == jne.target()]
                want(heads and heads[0] < last, "the loop does not jump back into its part")
                want(self.bits == 16 or jne.target() % 64 == 0, "a loop's head is not 64-byte aligned")
                return heads[0], last
        raise Fault("a part has no loop")

    def cut_batch(self, part):
        """Names of the instructions up to the first reading of the clock, and the loop's body. All
        that stands between body and readings must fit."""
        head, last = self.find_loop(part)
        jumps = [n for n, i in enumerate(part[:head])
                 if i.name == "jmp" and i.target() == part[head].address]
        want(jumps, "no jump over the padding before the loop")
        first = self.clock + KEEP_FIRST[self.bits]
        before = part[max(0, jumps[0] - len(first)):jumps[0]]
        want(names(before) == first, "before the loop: " + text(before))
        after = part[last + 1:]
        second = self.clock + STORE_LAST[self.bits]
        want(names(after[:len(second)]) == second, "behind the loop: " + text(after[:len(second)]))
        return names(part[:jumps[0]]), part[head:last - 1]

    def cut_single(self, part):
        """What stands between the two readings of the clock in the loop."""
        head, last = self.find_loop(part)
        first = self.clock + KEEP_FIRST[self.bits]
        second = self.clock + STORE_SAMPLE[self.bits]
        loop = part[head:last - 1]
        want(names(loop[:len(first)]) == first, "single loop begins: " + text(loop[:len(first)]))
        want(names(loop[-len(second):]) == second, "single loop ends: " + text(loop[-len(second):]))
        return loop[len(first):-len(second)]

    def cut_probe(self, part):
        """From the first reading of the clock to the first store of a register."""
        first = self.clock + KEEP_FIRST[self.bits]
        starts = [n + len(first) for n in range(len(part)) if names(part[n:n + len(first)]) == first]
        stores = [n for n, i in enumerate(part) if OUT_AX.match(i.operands)]
        want(starts and stores, "the probe does not read the clock or store its registers")
        return part[starts[0]:stores[0]]


def essence(operation, code):
    """What must be the same wherever the operation stands: its bytes, a list of them. A far transfer
    needs its own address, so that there only the instructions' names are the same."""
    if FAR_TRANSFERS.match(operation.name):
        return names(code)
    return list(code_bytes(code))


def split_copies(operation, body):
    """One of the equal copies that a batch's body is made of."""
    whole = essence(operation, body)
    copy = whole[:len(whole) // COPIES]
    want(whole == copy * COPIES, "these are not %d equal copies: %s" % (COPIES, text(body)[:200]))
    return copy


def check_copies(operation):
    """16 copies in the batch, one in the single loop and one in the probe; as many of the twin's."""
    copy = split_copies(operation, operation.batch)
    twin = split_copies(operation, operation.batch_twin)
    single, single_twin, probe = (essence(operation, code) for code in
                                  (operation.single, operation.single_twin, operation.probe))
    want(single == copy, "the single loop times something else than the batch")
    want(single_twin == twin, "the twins of batch and single loop differ")
    want(probe == copy, "the probe does something else than the batch")
    if operation.name in EMPTY:
        want(copy == twin == [], "it is not empty")
    elif operation.name not in PARTNERS:
        want(copy != twin, "the twin does the same as the operation")


def check_promise(operation):
    """The operation is what its name says, and the twin is not."""
    promise = PROMISED[operation.name]
    twin = text(operation.single_twin)
    once = text(operation.single)
    if once.startswith(twin):
        once = once[len(twin):]
    want(re.fullmatch(promise, once), "the operation is: " + once)
    want(not promise or not re.search(promise, twin), "the twin does it, too: " + twin)


def check_transfers(operation):
    """No call and no indirect jump while the clock runs."""
    allowed = FAR_TRANSFERS.match(operation.name) or operation.name in CALLS
    loops = {"batch": operation.batch, "single loop": operation.single,
             "twin": operation.batch_twin, "single twin": operation.single_twin}
    for where, code in loops.items():
        for i in code:
            if allowed and "twin" not in where:
                continue
            leaves = re.match(r"l?call|l?ret|iret|ljmp", i.name) or \
                i.name.startswith("jmp") and i.operands.startswith("*")
            want(not leaves, "%s: %s %s" % (where, i.name, i.operands))


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def report(self, name, faults):
        self.count += 1
        self.failed += bool(faults)
        print("%sok %d - %s" % ("not " if faults else "", self.count, name))
        for fault in faults:
            print("# " + fault)


def faults_of(check, operations):
    faults = []
    for operation in operations:
        try:
            check(operation)
        except Fault as fault:
            faults.append("%s: %s" % (operation.name, fault))
    return faults


def check_image(tap, folder, bits):
    functions = functions_of("%s/payload%d.asm" % (folder, bits))
    symbols = operations_of("%s/payload%d.sym" % (folder, bits))
    operations, faults = [], []
    for name, (start, size) in symbols.items():
        try:
            operations.append(Operation(name, bits, start, size, functions[name]))
        except Fault as fault:
            faults.append("%s: %s" % (name, fault))
    promised = [o for o in operations if o.name in PROMISED]
    if not symbols:
        faults.append("there is no operation in it")
    missing = [] if bits != 64 else ["%s is not in the image" % n for n in PROMISED if n not in symbols]
    where = "payload%d: " % bits
    tap.report(where + "only clock, jump and aligned loop around %d operations" % len(symbols), faults)
    tap.report(where + "16 copies in each batch, one in single loop and probe, none in twins",
               faults_of(check_copies, operations))
    tap.report(where + "%d operations are the instruction that they are named for" % len(promised),
               faults_of(check_promise, promised) + missing)
    tap.report(where + "no call and no indirect jump in a timed loop",
               faults_of(check_transfers, operations))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    tap = Tap()
    for bits in (16, 32, 64):
        check_image(tap, sys.argv[1], bits)
    print("1..%d" % tap.count)
    sys.exit(tap.failed > 0)


if __name__ == "__main__":
    main()
