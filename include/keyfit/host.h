/* What the host gives to those who link keyfit: files, memory to work in,
 * OpenSSL as the crypto table, devices and their trust stores.
 *
 * Everything here may allocate and touch the disk; nothing here decides.
 */
#ifndef KEYFIT_HOST_H
#define KEYFIT_HOST_H

#include <keyfit/check.h>

#ifdef __cplusplus
extern "C" {
#endif
#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

/* kf_fault_say words a fault, printf-like for the first text. `hint` may be
 * NULL. The first fault stays. */
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
void kf_fault_say(struct kf_fault *fault, const char *hint, const char *what,
		  ...);

/* kf_openssl_open makes a crypto table on OpenSSL, in a library context of
 * its own that reads no configuration. Owns: the table, until
 * kf_openssl_close, which takes NULL too. Fails: NULL. */
KF_MUST const struct kf_crypto *kf_openssl_open(struct kf_fault *why);
void kf_openssl_close(const struct kf_crypto *crypto);

/* kf_openssl_watch_memory lets OpenSSL allocate through functions that note
 * when memory runs out, for the whole process. A program that is its own
 * calls it first of all; a library must not. */
void kf_openssl_watch_memory(void);

/* kf_work is an env with its memory: an arena of `arena_len` bytes, a window,
 * a step budget. */
struct kf_work {
	struct kf_env env;
	struct kf_arena arena;
};

enum {
	/* Enough for every artifact that keyfit weighs. */
	KF_ARENA_LEN = 12 << 20,
};

/* kf_work_open allocates. Owns: `out`, until kf_work_close, which takes a
 * zeroed one too. Fails: KF_NO_MEMORY. */
KF_MUST enum kf_status kf_work_open(struct kf_work *out, size_t arena_len,
				    const struct kf_crypto *crypto,
				    int64_t now_s, struct kf_fault *why);
/* kf_work_more allows the work that a further file of `size` bytes takes, with
 * what is kept in memory. */
void kf_work_more(struct kf_work *work, uint64_t size);
void kf_work_close(struct kf_work *work);

/* kf_work_again takes the memory back for the next artifact of `size` bytes;
 * what was kept in it is gone. */
void kf_work_again(struct kf_work *work, uint64_t size);

/* kf_file is a file that was opened once. Its source yields the bytes that
 * were there then; when it shrinks, reading fails. Headers are read many at a
 * time: `near` holds the bytes at `near_at`. */
struct kf_file {
	struct kf_source source;
	int fd;
	int64_t changed_s;	/* when it last changed, as opened */
	int64_t changed_ns;
	uint64_t near_at;
	size_t near_len;
	uint8_t near[4096];
};

/* kf_file_open opens a file; "-" is standard input, which is spooled to a
 * nameless file first. Owns: `out`, until kf_file_close, which takes a closed
 * one too. Fails: KF_CANNOT_READ, KF_WRONG_USE (a directory, a device). */
KF_MUST enum kf_status kf_file_open(struct kf_file *out, const char *path,
				    struct kf_fault *why);
void kf_file_close(struct kf_file *file);

/* kf_file_same tells whether the file is as it was when it was opened, as far
 * as the time of its last change tells. Bytes are read more than once: a
 * verdict over a file that changed meanwhile is over no file at all. */
bool kf_file_same(const struct kf_file *file);

/* kf_file_digest hashes all of a source. Fails: as its read_at does. */
KF_MUST enum kf_status kf_file_digest(struct kf_digest *out,
				      const struct kf_source *source,
				      const struct kf_env *env);

/* kf_text_file is a small file, whole, with a NUL behind it. */
struct kf_text_file {
	struct kf_bytes bytes;
	char *memory;
};

/* kf_text_file_read reads at most `max_len` bytes. Owns: `out`, until
 * kf_text_file_close. Fails: as kf_file_open; too long; no memory. */
KF_MUST enum kf_status kf_text_file_read(struct kf_text_file *out,
					 const char *path, size_t max_len,
					 struct kf_fault *why);
void kf_text_file_close(struct kf_text_file *file);

/* kf_ask is how a user names a device: what --device, --rules, --trust and
 * --set say. `trust` and `set` hold their NAME=VALUE pairs in order; a name
 * may come again. Without `device` and `trust` it is this machine. */
struct kf_ask {
	const char *device;	/* a path; NULL: none */
	const char *rules;	/* a profile's name; NULL: the device's own */
	const char *also;	/* a profile of a second verifier, which sees
				 * the same device; NULL: none */
	const struct kf_setting *trust;
	size_t num_trust;
	const struct kf_setting *set;
	size_t num_set;
	const char *within;	/* a folder that no path and no link of the
				 * device may lead out of; NULL: any */
};

/* kf_device_verifier is one verifier of a device, with what it trusts. */
struct kf_device_verifier {
	const struct kf_rules *rules;
	const char *stage;	/* "boot" */
	struct kf_store store;	/* prepared for `rules` */
};

/* kf_device is a device that was read. A part that could not be read is
 * unknown, and `unread` says why for the first of them. */
struct kf_device {
	const char *name;	/* for people: "lenovo-x1" */
	struct kf_device_verifier *verifier;
	size_t num_verifiers;
	struct kf_fault unread;	/* `what` empty: all was read */
	struct kf_hardware hardware;	/* where it is a machine, or was */
	struct kf_device_memory *memory;	/* files and arena behind it */
};

/* kf_device_open reads a device. It is recognised by content: a variable
 * store file, an efivarfs folder, a profile (JSON); parts may be signature
 * lists, signed updates, certificates, variables, and folders of these.
 * Owns: `out`, until kf_device_close, which takes a zeroed one too.
 * Fails: KF_WRONG_USE (an unknown name or a file of no known kind),
 * KF_CANNOT_READ, KF_NO_MEMORY. */
KF_MUST enum kf_status kf_device_open(struct kf_device *out,
				      const struct kf_ask *ask,
				      const struct kf_crypto *crypto,
				      int64_t now_s, struct kf_fault *why);
void kf_device_close(struct kf_device *device);

/* kf_now_s is the clock: seconds since 1970, UTC. */
int64_t kf_now_s(void);

/* kf_time_read reads "2028-05-15", "2028-05-15T12:00:00Z" or "@1842004800".
 * Fails: false when it is none of these, or no such day. */
KF_MUST bool kf_time_read(int64_t *out, const char *text);

/* kf_time_write writes "2028-05-15T12:00:00Z" into `out`. */
void kf_time_write(char out[24], int64_t seconds);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
