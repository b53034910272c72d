/* LoadImage and StartImage under guard. Damaged signatures and lists lead the
 * firmware and shim into page faults and divisions by zero, after which the
 * machine stops for ever. Here the exception is noted, and the guest goes on
 * with the next image; what was left half done costs memory alone.
 *
 * Source: PI 1.7, volume 2, 12.3 (RegisterInterruptHandler); Intel SDM,
 * volume 3, 6.15 (exceptions).
 */
#include "guest.h"

enum { DIVIDE = 0, OPCODE = 6, PROTECTION = 13, PAGE = 14, APPLICATION = 4 };

/* call_guarded calls `what` and returns what it does; leave_guard, a place in
 * it, returns from it from wherever the stack is. The guest uses no vector
 * registers, so that there are none to be kept. */
efi_status call_guarded(efi_status (*what)(void));
extern const char leave_guard[];
extern uint64_t guard_stack;

uint64_t guard_stack;
__asm__(".text\n"
	".globl call_guarded\n"
	".globl leave_guard\n"
	"call_guarded:\n"
	"	push %rbx\n"
	"	push %rbp\n"
	"	push %rdi\n"
	"	push %rsi\n"
	"	push %r12\n"
	"	push %r13\n"
	"	push %r14\n"
	"	push %r15\n"
	"	sub $40, %rsp\n"
	"	mov %rsp, guard_stack(%rip)\n"
	"	call *%rcx\n"
	"leave_guard:\n"
	"	add $40, %rsp\n"
	"	pop %r15\n"
	"	pop %r14\n"
	"	pop %r13\n"
	"	pop %r12\n"
	"	pop %rsi\n"
	"	pop %rdi\n"
	"	pop %rbp\n"
	"	pop %rbx\n"
	"	ret\n");

static const struct efi_guid cpu_guid = { 0x26baccb1, 0x6f42, 0x11d4,
	{ 0xbc, 0xe7, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 } };
static bool under_guard;
static struct {
	const void *path, *source;
	size_t len;
	efi_handle *out, image;
} asked;

static efi_status load(void)
{
	return efi->boot->load_image(false, self, asked.path, asked.source,
				     asked.len, asked.out);
}

static efi_status start(void)
{
	return efi->boot->start_image(asked.image, NULL, NULL);
}

static void take_exception(int64_t kind, struct efi_x64_context *context)
{
	if (!under_guard) {
		say("\nkeyfit stop exception ");
		say_number((uint64_t)kind);
		say("\n");
		for (;;)
			;
	}
	context->rip = (uint64_t)leave_guard;
	context->rsp = guard_stack;
	context->rax = GUARD_STUMBLED;
}

void open_guard(void)
{
	static const int64_t kinds[] = { DIVIDE, OPCODE, PROTECTION, PAGE };
	struct efi_cpu *cpu = NULL;
	efi_status status = efi->boot->locate_protocol(&cpu_guid, NULL,
						       (void **)&cpu);

	for (size_t i = 0; !status && i < sizeof(kinds) / sizeof(*kinds); i++)
		status = cpu->register_exception(cpu, kinds[i],
						 take_exception);
	if (status)
		stop("exceptions cannot be taken", status);
}

static efi_status guarded(efi_status (*what)(void))
{
	efi_status status;

	under_guard = true;
	status = call_guarded(what);
	under_guard = false;
	if (status == GUARD_STUMBLED)
		efi->boot->restore_tpl(APPLICATION);
	return status;
}

efi_status guarded_load(const void *path, const void *source, size_t len,
			efi_handle *out)
{
	asked.path = path;
	asked.source = source;
	asked.len = len;
	asked.out = out;
	return guarded(load);
}

efi_status guarded_start(efi_handle image)
{
	asked.image = image;
	return guarded(start);
}
