/* shim between the firmware and the images: the real program, loaded anew for
 * each image, on a disk, a screen and a keyboard of the guest's own. What shim
 * starts is stopped at its first instruction, so that a real boot loader can
 * be a case too. Where shim turns the machine off, it is ended instead.
 *
 * Source: rhboot/shim 16.1, shim.c: efi_main, init_grub; mok.c (its variables);
 * pe.c: handle_image (where it puts an image); Intel SDM, volume 3, 17.2 (debug
 * registers).
 */
#include "guest.h"

#define SHIM_STARTED 0x4b46	/* what a stopped second stage returns */
#define SHIM_OFF (EFI_ERROR_BIT | 0x4b47)

enum { DEBUG = 1, PAGE = 4096 };

struct shim_lock {
	/* shim is built for another calling convention than UEFI. */
	efi_status (__attribute__((sysv_abi)) *verify)(void *image,
						       uint32_t len);
};

static const struct efi_guid shim_guid = { 0x605dab50, 0xe046, 0x4300,
	{ 0xab, 0xb6, 0x3d, 0xd8, 0x10, 0xdd, 0x8b, 0x23 } };
static const struct efi_guid cpu_guid = { 0x26baccb1, 0x6f42, 0x11d4,
	{ 0xbc, 0xe7, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 } };

static struct {
	const char *word;
	const uint16_t *name;
	struct span value;
	uint32_t attributes;	/* 0: absent */
} variables[] = {
	{ "mok", u"MokList", { 0 }, 0 },
	{ "mokx", u"MokListX", { 0 }, 0 },
	{ "mok-sb-state", u"MokSBState", { 0 }, 0 },
	{ "mok-db-state", u"MokDBState", { 0 }, 0 },
	{ "sbat-level", u"SbatLevel", { 0 }, 0 },
	{ "sbat-policy", u"SbatPolicy", { 0 }, 0 },
	{ "mok-policy", u"MokPolicy", { 0 }, 0 },
};
enum { NUM_VARIABLES = sizeof(variables) / sizeof(variables[0]) };

/* What shim leaves behind. */
static const uint16_t *const mirrors[] = { u"MokListRT", u"MokListXRT",
	u"MokSBStateRT", u"MokIgnoreDB", u"SbatLevelRT", u"MokListTrustedRT",
	u"MokPolicyRT" };

static enum shim_way way;
static struct span shim, mm;
static struct efi_boot_services firmware;	/* without shim's hooks */
static void (*firmware_reset)(uint32_t how, efi_status status, size_t len,
			      const void *data);
static efi_handle shim_image;

/* second_stage_returns is where a second stage goes on. */
extern const char second_stage_returns[];
__asm__(".text\n"
	".globl second_stage_returns\n"
	"second_stage_returns:\n"
	"	mov $0x4b46, %eax\n"
	"	ret\n");

void use_shim(enum shim_way how, struct span file, struct span mmx64)
{
	way = how;
	shim = file;
	mm = mmx64;
}

bool has_shim(void)
{
	return way != SHIM_NONE;
}

void forget_shim_variables(void)
{
	for (size_t i = 0; i < NUM_VARIABLES; i++)
		variables[i].attributes = 0;
}

bool set_shim_variable(struct span word)
{
	for (size_t i = 0; i < NUM_VARIABLES; i++) {
		if (!value(&word, variables[i].word))
			continue;
		if (is(word, "none"))
			return true;
		variables[i].value = pack_file(take_number(&word));
		variables[i].attributes = EFI_BOOT_ONLY;
		if (word.len && *word.data == '@') {
			word.data++, word.len--;
			variables[i].attributes =
				(uint32_t)take_number(&word);
		}
		return true;
	}
	return false;
}

static efi_status set(const uint16_t *name, uint32_t attributes,
		      struct span to)
{
	return efi->runtime->set_variable(name, &shim_guid, attributes,
					  to.len, to.data);
}

/* set_variables writes shim's variables anew: it changes them itself. */
static efi_status set_variables(void)
{
	struct span none = { NULL, 0 };
	efi_status status = 0;

	for (size_t i = 0; i < sizeof(mirrors) / sizeof(mirrors[0]); i++)
		(void)set(mirrors[i], 0, none);
	for (size_t i = 0; i < NUM_VARIABLES && !status; i++) {
		(void)set(variables[i].name, 0, none);
		if (variables[i].attributes)
			status = set(variables[i].name,
				     variables[i].attributes,
				     variables[i].value);
	}
	return status;
}

/* break_at stops the processor before it executes an address; 0: nowhere. */
static void break_at(uint64_t address)
{
	uint64_t control = address ? 1 : 0;

	__asm__ volatile("mov %0, %%dr0" : : "r"(address));
	__asm__ volatile("mov %0, %%dr7" : : "r"(control));
}

static void take_break(int64_t kind, struct efi_x64_context *context)
{
	(void)kind;
	break_at(0);
	context->rip = (uint64_t)second_stage_returns;
}

/* field gives a number of the image that shim is at. */
static uint32_t field(size_t at)
{
	struct span image = beside.given;
	uint32_t out = 0;

	if (at < image.len && image.len - at >= 4)
		__builtin_memcpy(&out, image.data + at, 4);
	return out;
}

/* allocate_pages: shim asks for code pages once it trusts an image, and puts
 * it there. */
static efi_status allocate_pages(uint32_t how, uint32_t type, size_t num,
				 uint64_t *at)
{
	efi_status status = firmware.allocate_pages(how, type, num, at);
	size_t pe = field(60);
	uint64_t align = field(pe + 56), least = field(pe + 60);

	if (type != EFI_LOADER_CODE || status)
		return status;
	least = least ? least : 512;
	align = align ? align : PAGE;
	align = align < least ? least : align;
	break_at((*at + align - 1) / align * align + field(pe + 40));
	return 0;
}

static efi_status stall(size_t microseconds)
{
	(void)microseconds;
	return 0;
}

static efi_status wait_for_event(size_t num, void **events, size_t *which)
{
	(void)num, (void)events;
	*which = 0;
	return 0;
}

static void reset(uint32_t how, efi_status status, size_t len,
		  const void *data)
{
	(void)how, (void)status, (void)len, (void)data;
	firmware.exit(shim_image, SHIM_OFF, 0, NULL);
}

static efi_status verify(struct span image)
{
	struct shim_lock *lock = NULL;
	efi_status status = efi->boot->locate_protocol(&shim_guid, NULL,
						       (void **)&lock);

	return status ? status : lock->verify((void *)image.data,
					      (uint32_t)image.len);
}

/* load leaves what it loaded where it is: shim's UnloadImage frees memory that
 * it still announces. */
static efi_status load(struct span image)
{
	const void *path;
	efi_handle out = NULL;

	(void)open_files(&path);
	if (efi->boot->load_image == firmware.load_image)
		return EFI_UNSUPPORTED;
	return efi->boot->load_image(false, shim_image, path, image.data,
				     image.len, &out);
}

static void hook(void)
{
	struct efi_cpu *cpu = NULL;

	if (!firmware_reset) {
		firmware = *efi->boot;
		firmware_reset = efi->runtime->reset;
		if (firmware.locate_protocol(&cpu_guid, NULL, (void **)&cpu) ||
		    cpu->register_exception(cpu, DEBUG, take_break))
			stop("breaks cannot be taken", 0);
	}
	efi->boot->allocate_pages = allocate_pages;
	efi->boot->stall = stall;
	efi->boot->wait_for_event = wait_for_event;
	efi->runtime->reset = reset;
	open_console();
}

static void unhook(void)
{
	break_at(0);
	*efi->boot = firmware;
	efi->runtime->reset = firmware_reset;
}

/* say_level says what SbatLevel holds by now, line by line. */
static void say_level(void)
{
	static uint8_t level[512];
	size_t len = sizeof(level);

	if (efi->runtime->get_variable(u"SbatLevel", &shim_guid, NULL, &len,
				       level))
		len = 0;
	for (size_t i = 0; i < len; i++)
		if (level[i] == '\n')
			level[i] = '|';
		else if (level[i] <= ' ' || level[i] > '~')
			level[i] = '?';
	say("\nkeyfit level ");
	say_word((struct span){ level, len });
}

static const char *end_of(efi_status status)
{
	if (status == SHIM_OFF)
		return " off ";
	if (way != SHIM_START)
		return " asked ";
	if (status == SHIM_STARTED)
		return " started ";
	return beside.sought_mm ? " mm " : " returned ";
}

static void say_end(struct span id, efi_status status)
{
	say("\nkeyfit said ");
	say_console();
	say_level();
	say("\nkeyfit case ");
	say_word(id);
	if (status == GUARD_STUMBLED) {
		say(" stumble\n");
		return;
	}
	say(" shim");
	say(end_of(status));
	say_status(way == SHIM_START || status == SHIM_OFF ? status
							   : beside.asked);
	say("\n");
}

void judge_by_shim(struct span id)
{
	const void *path;
	efi_status status = set_variables();

	(void)open_files(&path);
	beside = (struct beside){ .stage = built_image(), .mm = mm,
				  .asked = EFI_NOT_FOUND };
	beside.ask = way == SHIM_VERIFY ? verify :
		    way == SHIM_LOAD ? load : NULL;
	let_all_load(true);
	if (!status)
		status = efi->boot->load_image(false, self, path, shim.data,
					       shim.len, &shim_image);
	let_all_load(false);
	if (status)
		stop("shim cannot be loaded", status);
	hook();
	status = guarded_start(shim_image);
	unhook();
	say_end(id, status);
}
