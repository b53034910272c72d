/* Until when each device takes each file.
 */
#ifndef KEYFIT_APPS_CLI_MATRIX_ENDS_H
#define KEYFIT_APPS_CLI_MATRIX_ENDS_H

#include "matrix_losses.h"

/* kf_end: devices that take a file now, and until one moment. */
struct kf_end {
	uint32_t cell;		/* which answer they have now */
	bool ends;		/* false: never, as the verifier has it */
	int64_t last_s;		/* the last second */
	const struct kf_reason *reason;	/* why it is refused then */
	const char *rule;
	bool has_chain;		/* a certificate of its chain ends: */
	int64_t chain_s;	/* the first, whoever looks */
	uint64_t devices, classes;
};

/* kf_end_of: a class has an end; in the order of the classes. */
struct kf_end_of {
	size_t class, end;
};

/* kf_ends is all of them. */
struct kf_ends {
	struct kf_end *end;
	size_t num;
	struct kf_end_of *of;
	size_t num_of;
	const struct kf_end **order;	/* by time */
};

/* kf_ends_find works them out for a matrix that has been run. Owns: `out`,
 * until kf_ends_close, also when it fails. */
KF_MUST enum kf_status kf_ends_find(struct kf_ends *out, struct kf_matrix *m,
				    struct kf_fault *why);
void kf_ends_close(struct kf_ends *ends);

/* matrix_ends_show.c: writes them. kf_ends_before tells whether any comes
 * before a time. */
KF_MUST enum kf_status kf_ends_write(const struct kf_ends *ends,
				     const struct kf_losses *losses,
				     struct kf_matrix *m, struct kf_render *r,
				     const char *form, bool devices,
				     struct kf_fault *why);

/* matrix_losses_show.c: writes what anchors end, as text, JSON or CSV. */
KF_MUST enum kf_status kf_losses_write(const struct kf_losses *losses,
				       struct kf_matrix *m,
				       struct kf_render *r, const char *form,
				       bool devices, struct kf_fault *why);

/* kf_ends_left counts the devices that take a file at a moment, and
 * kf_ends_years are the first and the last year of which that is told. */
uint64_t kf_ends_left(const struct kf_ends *ends, const struct kf_matrix *m,
		      const struct kf_matrix_file *f, int64_t time_s);
void kf_ends_years(int *from, int *to, const struct kf_ends *ends,
		   const struct kf_matrix *m);
int64_t kf_year_start(int year);

/* kf_ends_names writes the names of devices whose class `has` says yes to. */
KF_MUST enum kf_status
kf_ends_names(struct kf_output *out, struct kf_matrix *m,
	      bool (*has)(const void *self, size_t class), const void *self,
	      struct kf_fault *why);

/* matrix_ends_html.c: writes both for the page. */
void kf_ends_html(struct kf_output *out, const struct kf_ends *ends,
		  const struct kf_losses *losses, const struct kf_matrix *m);
bool kf_ends_before(const struct kf_ends *ends, int64_t time_s);

/* kf_life_read reads a span of time: 25mo, 2y, 90d; from a moment on it gives
 * the moment at which it is over. Fails: false, it is none. */
KF_MUST bool kf_life_read(int64_t *until_s, int64_t from_s, const char *text);

#endif
