/*
 * From the firmware to C. PVH (Xen's docs/misc/pvh.markdown): 32-bit protected mode, flat segments,
 * paging off, interrupts off. We map the first 4 GiB onto themselves with 2-MiB pages, enter long
 * mode, clear .bss and call kernel_main, which does not return.
 */
#define XEN_ELFNOTE_PHYS32_ENTRY 18
#define PRESENT_WRITABLE 3
#define LARGE_PAGE 0x80
#define CR0_PG_PE 0x80000001
#define CR4_PAE 0x20
#define MSR_EFER 0xc0000080
#define EFER_LME 0x100

    .section .note.pvh, "a", @note
    .long 4, 4, XEN_ELFNOTE_PHYS32_ENTRY
    .asciz "Xen"
    .long boot

    .section .text.boot, "ax"
    .code32
    .globl boot
boot:
    cli
    cld
    mov $boot_stack_end, %esp

    mov $page_directories, %edi
    mov $(PRESENT_WRITABLE | LARGE_PAGE), %eax
    mov $2048, %ecx
1:  mov %eax, (%edi)
    movl $0, 4(%edi)
    add $0x200000, %eax
    add $8, %edi
    loop 1b

    movl $(page_directories + PRESENT_WRITABLE), page_pointers
    movl $(page_directories + 0x1000 + PRESENT_WRITABLE), page_pointers + 8
    movl $(page_directories + 0x2000 + PRESENT_WRITABLE), page_pointers + 16
    movl $(page_directories + 0x3000 + PRESENT_WRITABLE), page_pointers + 24
    movl $(page_pointers + PRESENT_WRITABLE), page_root

    mov $page_root, %eax
    mov %eax, %cr3
    mov $CR4_PAE, %eax
    mov %eax, %cr4
    mov $MSR_EFER, %ecx
    rdmsr
    or $EFER_LME, %eax
    wrmsr
    mov $CR0_PG_PE, %eax
    mov %eax, %cr0
    lgdt gdt_pointer
    ljmp $8, $long_mode

    .code64
long_mode:
    mov $16, %eax
    mov %eax, %ds
    mov %eax, %es
    mov %eax, %ss
    mov $bss_begin, %edi
    mov $bss_end, %ecx
    sub %edi, %ecx
    shr $3, %ecx
    xor %eax, %eax
    rep stosq
    mov %ebx, %edi /* the start info of PVH */
    call kernel_main
    ud2

    .section .rodata
    .balign 8
gdt:
    .quad 0
    .quad 0x00209a0000000000 /* 8: 64-bit code */
    .quad 0x0000920000000000 /* 16: data */
gdt_pointer:
    .word . - gdt - 1
    .long gdt

    /* In use before .bss is cleared, so not in it; page_root must have no stale entries. */
    .section .data
    .balign 4096
page_root:
    .skip 4096
page_pointers:
    .skip 4096

    .section .scratch, "aw", @nobits
    .balign 4096
page_directories:
    .skip 4 * 4096
    .skip 4096
boot_stack_end:
