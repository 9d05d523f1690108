# SPDX-License-Identifier: GPL-2.0
# Starts a Linux kernel that is not packed. Debian's boot image spends three quarters of the guest's boot on unpacking
# itself. Here its real-mode part is followed by this code and the kernel as it is, an ELF file at ELF_AT. QEMU could load
# such a file by itself (PVH), but would load it again over the running kernel at the reset that ends suspend to RAM.
#
# Entered in protected mode at 1 MiB with the boot parameters at %esi (Linux boot protocol, 32-bit). SIZE is that of it all.
	.code32
	.equ HERE, 0x100000		# where the boot image lies
	.equ HIGH, 0x8000000		# where it is out of the kernel's way
	.equ TABLES, HIGH - 0x10000

start:
	cli
	cld
	movl %esi, %ebp
	movl $HERE, %esi
	movl $HIGH, %edi
	movl $(SIZE + 3) / 4, %ecx
	rep movsl
	movl $(HIGH + moved - start), %eax
	jmp *%eax

moved:	# every segment to its place
	movl $(HIGH + ELF_AT), %ebx
	movzwl 56(%ebx), %edx
	movl 32(%ebx), %eax
	addl %ebx, %eax
1:	cmpl $1, (%eax)
	jne 2f
	movl 8(%eax), %esi
	addl %ebx, %esi
	movl 24(%eax), %edi
	movl 32(%eax), %ecx
	addl $3, %ecx
	shrl $2, %ecx
	rep movsl
2:	addl $56, %eax
	decl %edx
	jnz 1b

	# the first 4 GiB as they are, in pages of 2 MiB
	movl $TABLES, %edi
	xorl %eax, %eax
	movl $0x6000 / 4, %ecx
	rep stosl
	movl $TABLES, %edi
	movl $(TABLES + 0x1003), (%edi)
	movl $(TABLES + 0x2003), %eax
	xorl %ecx, %ecx
3:	movl %eax, 0x1000(%edi, %ecx, 8)
	addl $0x1000, %eax
	incl %ecx
	cmpl $4, %ecx
	jne 3b
	movl $0x83, %eax
	xorl %ecx, %ecx
4:	movl %eax, 0x2000(%edi, %ecx, 8)
	addl $0x200000, %eax
	incl %ecx
	cmpl $2048, %ecx
	jne 4b

	# long mode
	lgdt HIGH + table_register - start
	movl %cr4, %eax
	orl $0x20, %eax
	movl %eax, %cr4
	movl %edi, %cr3
	movl $0xc0000080, %ecx
	rdmsr
	orl $0x100, %eax
	wrmsr
	movl %cr0, %eax
	orl $0x80000001, %eax
	movl %eax, %cr0
	ljmp $0x10, $(HIGH + long_mode - start)

	.code64
long_mode:
	movl $0x18, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	xorl %eax, %eax
	movl %eax, %fs
	movl %eax, %gs
	movl %ebp, %esi
	movl 24(%rbx), %eax
	jmp *%rax

	.balign 8
descriptors:
	.quad 0, 0
	.quad 0x00af9a000000ffff	# 0x10: code, 64 bit
	.quad 0x00cf92000000ffff	# 0x18: data
table_register:
	.word table_register - descriptors - 1
	.long HIGH + descriptors - start
