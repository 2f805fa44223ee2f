#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The smallest VM that exits all the time: real mode, OUT and a jump back. For exitlab trace.

usage: exits.py SECONDS
"""

import ctypes
import fcntl
import mmap
import os
import struct
import sys
import threading
import time

KVM_CREATE_VM, KVM_GET_VCPU_MMAP_SIZE = 0xAE01, 0xAE04
KVM_CREATE_VCPU, KVM_SET_TSS_ADDR, KVM_RUN = 0xAE41, 0xAE47, 0xAE80
KVM_SET_USER_MEMORY_REGION, KVM_SET_REGS = 0x4020AE46, 0x4090AE82
KVM_GET_SREGS, KVM_SET_SREGS = 0x8138AE83, 0x4138AE84
KVM_EXIT_IO = 2
CODE_AT = 0x1000
CODE = bytes([0xE6, 0x80, 0xEB, 0xFC])  # out %al, $0x80; jmp back


def make_vcpu(kvm, memory):
    vm = fcntl.ioctl(kvm, KVM_CREATE_VM, 0)
    fcntl.ioctl(vm, KVM_SET_TSS_ADDR, 0x7FFBD000)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    region = struct.pack("IIQQQ", 0, 0, CODE_AT, len(memory), address)
    fcntl.ioctl(vm, KVM_SET_USER_MEMORY_REGION, region)
    vcpu = fcntl.ioctl(vm, KVM_CREATE_VCPU, 0)
    sregs = bytearray(312)
    fcntl.ioctl(vcpu, KVM_GET_SREGS, sregs)
    struct.pack_into("Q", sregs, 0, 0)  # cs.base
    struct.pack_into("H", sregs, 12, 0)  # cs.selector
    fcntl.ioctl(vcpu, KVM_SET_SREGS, sregs)
    fcntl.ioctl(vcpu, KVM_SET_REGS, struct.pack("18Q", *([0] * 16), CODE_AT, 2))
    return vcpu


def main():
    end = time.monotonic() + float(sys.argv[1])
    kvm = os.open("/dev/kvm", os.O_RDWR | os.O_CLOEXEC)
    memory = mmap.mmap(-1, 4096)
    memory[: len(CODE)] = CODE
    vcpu = make_vcpu(kvm, memory)
    run = mmap.mmap(vcpu, fcntl.ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE))
    # A thread beside the vCPU's, as every VMM has.
    threading.Thread(target=time.sleep, args=(float(sys.argv[1]),), daemon=True).start()
    print("running", flush=True)
    while time.monotonic() < end:
        try:
            fcntl.ioctl(vcpu, KVM_RUN, 0)
        except InterruptedError:  # it was stopped, and goes on
            continue
        reason = struct.unpack_from("I", run, 8)[0]
        if reason != KVM_EXIT_IO:
            sys.exit("unexpected exit %d" % reason)


main()
