/* The guest: an EFI application that asks the firmware under it whether it
 * loads images, many in one boot, and says so on the serial line.
 *
 * It judges nothing itself and starts none of the images; shim, which it can
 * put between, is started, and what shim starts is stopped at once.
 */
#ifndef KEYFIT_JOBS_LAB_GUEST_GUEST_H
#define KEYFIT_JOBS_LAB_GUEST_GUEST_H

#include "uefi.h"

/* span is some bytes in memory. */
struct span {
	const uint8_t *data;
	size_t len;
};

extern struct efi_system_table *efi;
extern efi_handle self;

/* serial.c: the serial line, driven directly: the firmware's console is slow
 * and draws its own pictures. */
void say(const char *words);
void say_word(struct span word);
void say_number(uint64_t number);
void say_status(efi_status status);
/* stop says what is wrong and turns the machine off. */
void stop(const char *what, efi_status status);

/* pack.c: the files that the host sent, in one file, by their number. */
void open_pack(efi_handle device);
struct span pack_file(size_t number);

/* store.c: which lists the firmware knows. */
enum { DB, DBX, DBT, NUM_LISTS };
enum mode { MODE_USER, MODE_SETUP, MODE_OFF };
struct trust {
	enum mode mode;
	bool raw;			/* SetVariable would refuse it */
	bool absent[NUM_LISTS];
	struct span list[NUM_LISTS];
};
/* use_trust returns the first status that is no success. */
efi_status use_trust(const struct trust *trust);
/* let_all_load makes the firmware load whatever it is given, or ends that. */
void let_all_load(bool yes);

/* variable.c: the variables that hold keys, and writes to them. */
enum { KEY_PK, KEY_KEK, KEY_DB, KEY_DBX, KEY_DBT, NUM_KEYS };
struct key_state {
	bool absent[NUM_KEYS];
	uint8_t time[NUM_KEYS][16];	/* EFI_TIME */
	struct span value[NUM_KEYS];
};
/* key_of gives the variable of that name; -1 for any other. */
int key_of(struct span word);
/* want_keys tells what put_keys has to make of them before each case. */
void want_keys(const struct key_state *keys);
efi_status put_keys(void);
/* write_variable says " STATUS:ATTRIBUTES:LENGTH:CRC32": what the firmware
 * said, and what the variable is now. */
void write_variable(struct span name, uint32_t attributes, struct span data);

/* guard.c: LoadImage under guard: an exception inside of it, over which the
 * firmware would stop for ever, comes back as GUARD_STUMBLED. */
#define GUARD_STUMBLED (EFI_ERROR_BIT | 0x4b46)
void open_guard(void);
efi_status guarded_load(const void *path, const void *source, size_t len,
			efi_handle *out);
efi_status guarded_start(efi_handle image);

/* image.c: one image, put together from pieces, and what becomes of it. */
void begin_image(void);
void add_piece(struct span piece);
struct span built_image(void);
void judge_image(struct span id);

/* files.c: a disk that holds what shim may find beside itself. */
struct beside {
	struct span stage, mm;	/* the second stage, MokManager */
	struct span given;		/* which of them was opened last */
	efi_status (*ask)(struct span stage);	/* instead of giving it */
	efi_status asked;		/* what `ask` said */
	bool sought_mm;
};
/* open_files gives the disk's handle and the path of shim on it. */
efi_handle open_files(const void **shim_path);
extern struct beside beside;

/* console.c: a screen that is read, and a keyboard on which somebody always
 * presses Enter. */
void open_console(void);
void say_console(void);

/* shim.c: shim between the firmware and the images. */
enum shim_way {
	SHIM_NONE,
	SHIM_START,	/* shim starts the image as its second stage */
	SHIM_VERIFY,	/* a second stage asks shim's protocol about it */
	SHIM_LOAD,	/* a second stage calls LoadImage, which shim holds */
};
void use_shim(enum shim_way way, struct span shim, struct span mm);
bool has_shim(void);
/* Variables of shim, by their words in a script. */
void forget_shim_variables(void);
bool set_shim_variable(struct span word);
void judge_by_shim(struct span id);

/* script.c: what is to be done. */
void run_script(struct span script);
bool is(struct span word, const char *text);
struct span take_word(struct span *line);
size_t take_number(struct span *word);
/* value takes NAME= off a word; false when it is another. */
bool value(struct span *word, const char *name);

#endif
