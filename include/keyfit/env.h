/* All of the outside that the core ever sees: a source of bytes to read from,
 * memory to work in, a budget of steps, a crypto table and the time.
 *
 * The core opens nothing, allocates nothing and asks no clock: whoever calls
 * it hands it these.
 */
#ifndef KEYFIT_ENV_H
#define KEYFIT_ENV_H

#include <keyfit/bytes.h>

#ifdef __cplusplus
extern "C" {
#endif
#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

/* kf_status says whether work could be done at all. It never says what the
 * work found: that is a verdict, or damage. */
enum kf_status {
	KF_OK = 0,
	KF_CANNOT_READ,		/* the source failed: I/O error, truncated
				 * while it was being read */
	KF_NO_MEMORY,		/* arena or heap exhausted */
	KF_NO_CRYPTO,		/* the crypto library failed or is absent */
	KF_TOO_MUCH,		/* the step budget is spent */
	KF_WRONG_USE,		/* the caller's arguments do not fit */
};

/* kf_fault carries a fault to the person who will read it: one lower-case
 * sentence without a full stop, and what to do, where there is something. */
struct kf_fault {
	char what[240];
	char hint[240];
};

/* kf_source yields bytes of one file that was opened once. `read_at` fills
 * `out` with exactly `len` bytes at `at`, or returns false; it is never asked
 * for bytes at or after `size`. */
struct kf_source {
	uint64_t size;
	bool (*read_at)(void *self, uint64_t at, void *out, size_t len);
	void *self;
};

/* kf_arena is the caller's memory, given out from the front and never taken
 * back but as a whole. */
struct kf_arena {
	uint8_t *base;
	size_t size;
	size_t used;
};

struct kf_crypto;
struct kf_unpacker;
struct kf_gnutls;

/* kf_looked is a file that is looked for, by its path inside. */
struct kf_looked {
	const char *name;
	bool there;
	bool plain;		/* a file, of `size` bytes; else a folder or
				 * a link */
	uint64_t size;
};

/* kf_opener opens what the core does not unpack. `squashfs_file` reads one
 * file out of a squashfs image of `len` bytes at the
 * front of `source`; `*there` false: it has none of that name.
 * `squashfs_look` looks for files, and `through` reads all of each: of the
 * image nothing is read but its tables and they.
 * Fails: KF_CANNOT_READ, where the image cannot be opened; KF_TOO_MUCH, where
 * reading `through` would take too long; KF_NO_MEMORY. */
struct kf_opener {
	enum kf_status (*squashfs_look)(struct kf_looked *looked, size_t num,
					const struct kf_source *source,
					uint64_t len, bool through);
	enum kf_status (*squashfs_file)(struct kf_bytes *out, bool *there,
					const struct kf_source *source,
					uint64_t len, const char *name,
					struct kf_arena *arena);
};

/* kf_env is what a call may use.
 * `opener`: NULL, where containers stay shut.
 * `unpacker`: NULL, where streams stay packed.
 * `gnutls`: NULL, where nobody asks GnuTLS.
 * `now_s`: the moment to judge at, in seconds since 1970, UTC.
 * `steps`: how much may still be done, in bytes read or entries looked at;
 *          hostile nesting ends with the budget, not with time.
 * `window`: memory for reading, at least 4096 bytes; its content is lost with
 *          every read. */
struct kf_env {
	const struct kf_crypto *crypto;
	const struct kf_opener *opener;
	const struct kf_unpacker *unpacker;
	const struct kf_gnutls *gnutls;
	struct kf_arena *arena;
	int64_t now_s;
	uint64_t steps;
	uint8_t *window;
	size_t window_len;
};

/* kf_arena_take gives `len` zeroed bytes, aligned for any object.
 * Fails: NULL when the arena is full. */
KF_MUST void *kf_arena_take(struct kf_arena *arena, size_t len);

/* kf_arena_keep copies a view into the arena. An empty view stays empty.
 * Fails: false when the arena is full. */
KF_MUST bool kf_arena_keep(struct kf_arena *arena, struct kf_bytes *out,
			   struct kf_bytes bytes);

/* kf_spend takes `steps` from the budget. Fails: false when it is spent. */
KF_MUST bool kf_spend(struct kf_env *env, uint64_t steps);

/* kf_bytes_source reads a view as a file; it stays borrowed. */
struct kf_source kf_bytes_source(struct kf_bytes *bytes);

/* kf_source_keep reads `len` bytes at `at` into the arena.
 * Fails: KF_CANNOT_READ, KF_NO_MEMORY. */
KF_MUST enum kf_status kf_source_keep(struct kf_bytes *out,
				      const struct kf_source *source,
				      struct kf_env *env, uint64_t at,
				      uint64_t len);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
