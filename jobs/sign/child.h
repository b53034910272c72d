/* A child process that drives one token.
 *
 * What a token's maker wrote may hang, crash, or want the process for itself.
 * So it runs in a child, by one thread: it is waited for so long and no longer,
 * it ends with its parent, and the PIN is nowhere else.
 */
#ifndef KEYFIT_JOBS_SIGN_CHILD_H
#define KEYFIT_JOBS_SIGN_CHILD_H

#include "name.h"

#include "host/output.h"

#include <sys/types.h>

/* kf_driver is what a child does. `start` runs in the child while what is open
 * in its parent can still be read; `load` when nothing is any more, so that
 * what it opens stays. `told` are pieces, see told.h. */
struct kf_driver {
	enum kf_status (*start)(void **self, const struct kf_key_name *name,
				struct kf_fault *warning,
				struct kf_fault *why);
	enum kf_status (*load)(void *self, struct kf_fault *why);
	enum kf_status (*open)(void *self, struct kf_output *told,
			       struct kf_fault *why);
	enum kf_status (*list)(void *self, struct kf_output *told,
			       struct kf_fault *why);
	enum kf_status (*sign)(void *self, struct kf_signature *out,
			       const struct kf_scheme *scheme,
			       struct kf_bytes content, struct kf_fault *why);
	void (*close)(void *self);
};

extern const struct kf_driver kf_driver_pkcs11;
extern const struct kf_driver kf_driver_tpm;

enum kf_child_task {
	KF_CHILD_OPEN = 1,
	KF_CHILD_LIST,
	KF_CHILD_SIGN,
};

/* kf_child: `pid` 0: there is none any more. */
struct kf_child {
	pid_t pid;
	int fd;
	unsigned wait_s;
};

/* kf_asked is one thing that a child is asked to do. */
struct kf_asked {
	enum kf_child_task task;
	struct kf_scheme scheme;
	struct kf_bytes content;
	struct kf_output *told;		/* what it tells, or the signature */
	struct kf_fault *warning;	/* NULL: nobody listens */
};

/* kf_child_start makes one. `name` has to live as long as this call.
 * Owns: `out`, until kf_child_stop, which takes a zeroed one too.
 * Fails: KF_NO_MEMORY. */
KF_MUST enum kf_status kf_child_start(struct kf_child *out,
				      const struct kf_driver *driver,
				      const struct kf_key_name *name,
				      unsigned wait_s, struct kf_fault *why);
void kf_child_stop(struct kf_child *child);

/* kf_child_ask asks, and waits for the answer. A child that does not answer in
 * time, or ends, is gone. Fails: as the driver; KF_CANNOT_READ. */
KF_MUST enum kf_status kf_child_ask(struct kf_child *child,
				    const struct kf_asked *asked,
				    struct kf_fault *why);

/* kf_child_turn waits, but not for long, till no other process of this program
 * opens a token: some tokens are not whole while somebody logs in. Returns what
 * kf_child_turn_over takes. */
KF_MUST int kf_child_turn(void);
void kf_child_turn_over(int turn);

/* kf_child_run is all that the child does; child_serve.c. */
void kf_child_run(int fd, const struct kf_driver *driver,
		  const struct kf_key_name *name, pid_t parent);

/* kf_child_head goes in front of what either side says. */
struct kf_child_head {
	uint32_t task;
	uint32_t status;
	uint32_t len;
	struct kf_scheme scheme;
	struct kf_fault why;
	struct kf_fault warning;
};

enum {
	KF_CHILD_SAYS_MAX = 8 << 20,	/* what a token tells */
	KF_CHILD_SIGNS_MAX = 256 << 20,	/* a message that is signed whole */
};

#endif
