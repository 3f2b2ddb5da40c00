/* SPDX-FileCopyrightText: 2026 The ZetaTron authors */
/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One ELF for two kinds of guest, told apart by where the builder enters it:
 *   PVH  zt_pvh_entry, 32-bit without paging, %ebx = struct hvm_start_info
 *   PV   zt_pv_entry, 64-bit, %rsi = start_info_t, memory mapped from address 0
 */
#define __ASSEMBLY__
#include <xen/elfnote.h>

#define ZETA_HYPERCALL 63
#define ZETA_OP_CAPABILITIES 1

#define NOTE(type, kind, value) \
    .long 4, 2f - 1f, type;     \
    .asciz "Xen";               \
1:  kind value;                 \
2:  .balign 4

    .section .note.Xen, "a", @note
    .balign 4
    NOTE(XEN_ELFNOTE_GUEST_OS, .asciz, "zeta-hypercall-test")
    NOTE(XEN_ELFNOTE_XEN_VERSION, .asciz, "xen-3.0")
    NOTE(XEN_ELFNOTE_LOADER, .asciz, "generic")
    NOTE(XEN_ELFNOTE_PAE_MODE, .asciz, "yes")
    NOTE(XEN_ELFNOTE_VIRT_BASE, .quad, 0)
    NOTE(XEN_ELFNOTE_ENTRY, .quad, zt_pv_entry)
    NOTE(XEN_ELFNOTE_HYPERCALL_PAGE, .quad, zt_hypercall_page)
    NOTE(XEN_ELFNOTE_PHYS32_ENTRY, .long, zt_pvh_entry)

    .text
    .code32
    .globl zt_pvh_entry
zt_pvh_entry:
    cld
    movl %ebx, %ebp
    movl $zt_stack_end, %esp

    /* Xen's CPUID leaves start at a multiple of 0x100; leaf 2 names the MSR that fills a hypercall page. */
    movl $0x40000000, %esi
1:  movl %esi, %eax
    cpuid
    cmpl $0x566e6558, %ebx      /* "XenV" */
    jne 2f
    cmpl $0x65584d4d, %ecx      /* "MMXe" */
    jne 2f
    cmpl $0x4d4d566e, %edx      /* "nVMM" */
    je 3f
2:  addl $0x100, %esi
    cmpl $0x40010000, %esi
    jb 1b
    ud2                         /* not Xen: there is nobody to tell */
3:  leal 2(%esi), %eax
    cpuid
    movl %ebx, %ecx
    movl $zt_hypercall_page, %eax
    xorl %edx, %edx
    wrmsr

    /* The family as a 32-bit caller sees it, while this is still one. */
    movl $ZETA_OP_CAPABILITIES, %ebx
    movl $zt_page_tables, %ecx
    movl $zt_hypercall_page + ZETA_HYPERCALL * 32, %eax
    call *%eax
    movl %eax, zt_result_32bit

    /* 64-bit mode: PAE, the tables below, long mode, paging with write protection. */
    movl %cr4, %eax
    orl $0x20, %eax
    movl %eax, %cr4
    movl $zt_page_tables, %eax
    movl %eax, %cr3
    movl $0xc0000080, %ecx
    rdmsr
    orl $0x100, %eax
    wrmsr
    movl %cr0, %eax
    orl $0x80010001, %eax
    movl %eax, %cr0
    lgdt zt_gdt_pointer
    ljmp $0x08, $4f

    .code64
4:  movl $0x10, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movq $zt_stack_end, %rsp
    movl %ebp, %edi
    call zt_pvh_main
5:  jmp 5b

    .globl zt_pv_entry
zt_pv_entry:
    cld
    movq $zt_stack_end, %rsp
    movq %rsi, %rdi
    call zt_pv_main
6:  jmp 6b

    .section .rodata
    .balign 8
zt_gdt:
    .quad 0
    .quad 0x00af9b000000ffff    /* 64-bit code */
    .quad 0x00cf93000000ffff    /* data */
zt_gdt_pointer:
    .word . - zt_gdt - 1
    .long zt_gdt

    .data
    .balign 4096
    .globl zt_hypercall_page
zt_hypercall_page:
    .skip 4096, 0xcc

/*
 * PVH only. Addresses below 4 GiB map to themselves in pages of 2 MiB. The
 * second slot of 512 GiB holds three small pages for the pointer checks:
 * writable, absent, read-only.
 */
    .globl zt_page_tables
zt_page_tables:
    .quad zt_table_low + 3, zt_table_high + 3
    .skip 4096 - 16
zt_table_low:
    .quad zt_directories + 3, zt_directories + 4096 + 3, zt_directories + 8192 + 3, zt_directories + 12288 + 3
    .skip 4096 - 32
zt_directories:
    .set address, 0
    .rept 2048
    .quad address + 0x83
    .set address, address + 0x200000
    .endr
zt_table_high:
    .quad zt_directory_high + 3
    .skip 4096 - 8
zt_directory_high:
    .quad zt_pages_high + 3
    .skip 4096 - 8
zt_pages_high:
    .quad zt_edge_page + 3, 0, zt_readable_page + 1
    .skip 4096 - 24

    .globl zt_result_32bit
zt_result_32bit:
    .long 0

/* Neighbours in this order: the PV side takes the page between them away. */
    .balign 4096
    .globl zt_edge_page
zt_edge_page:
    .skip 4096
    .globl zt_absent_page
zt_absent_page:
    .skip 4096
    .globl zt_readable_page
zt_readable_page:
    .skip 4096

    .bss
    .balign 16
    .skip 16384
zt_stack_end:

    .section .note.GNU-stack, "", @progbits
