/* keyfit matrix: what its files share. Every file of some releases is held
 * against every class of a fleet; devices with one answer are one cell.
 */
#ifndef KEYFIT_APPS_CLI_MATRIX_H
#define KEYFIT_APPS_CLI_MATRIX_H

#include "fleet_ask.h"
#include "render.h"
#include "signer.h"

enum {
	KF_MATRIX_FILES_MAX = 1024,
	KF_MATRIX_NAMES = 10,	/* of a cell, that a text tells */
	KF_NUM_ANSWERS = 4,	/* and the last: it could not be judged */
	KF_MATRIX_FAULT = 3,
};

/* kf_matrix_file is one file, or one that stands in a bundle. */
struct kf_matrix_file {
	const char *release;	/* NULL: it was given by itself */
	char *path;
	struct kf_matrix_file *bundle;	/* NULL: it stands in none */
	struct kf_file file;
	struct kf_source source;
	int copy;		/* what the source reads, of one in a bundle */
	const struct kf_format *format;
	struct kf_digest sha256;
	struct kf_work work;
	struct kf_artifact artifact;
	bool read;
	enum { KF_NOT_LOOKED, KF_LOOKED, KF_SHUT } inside;
	struct kf_fault shut;	/* why what is in it cannot be seen */
	size_t of;		/* the release: its number */
};

/* kf_first_names is the first names of some devices, in their order. */
struct kf_first_names {
	char *name[KF_MATRIX_NAMES];
	size_t num;
};

/* kf_cell is all devices with one answer of one verifier about one file. */
struct kf_cell {
	struct kf_matrix_file *file;
	const struct kf_rules *rules;
	size_t verifier;	/* of the device: which one */
	int answer;		/* enum kf_answer, or KF_MATRIX_FAULT */
	bool not_enforced, shut;
	const char *outcome, *rule;
	const struct kf_reason *reason;
	enum kf_status fault;
	uint64_t devices, classes;
	size_t sample;		/* the class with the most devices of it */
	uint64_t sample_devices;
	struct kf_first_names first;
};

/* kf_matrix_release is what one operand names. */
struct kf_matrix_release {
	const char *name;
	size_t first, num;	/* of the files that were given */
	uint64_t devices[KF_NUM_ANSWERS];
	uint64_t foreign;	/* devices with no verifier that is made for
				 * any of its files */
};

struct kf_patterns;
struct kf_planned;

struct kf_matrix {
	struct kf_fleet *fleet;
	const struct kf_crypto *crypto;
	const struct kf_signer *signer;
	const struct kf_planned *planned;	/* changes; NULL: none */
	struct kf_fleet_choice choice;
	int64_t at_s;
	struct kf_fleet_class *class;
	size_t num_classes;
	uint32_t *pattern;	/* of each class: its cells */
	struct kf_patterns *patterns;
	struct kf_matrix_release *release;
	size_t num_releases;
	struct kf_matrix_file *file[KF_MATRIX_FILES_MAX];
	size_t num_files, num_given;	/* the given ones come first */
	struct kf_cell *cell;
	size_t num_cells, cells_size;
	size_t *order;		/* in which they are told */
	uint32_t *row;		/* the cells of the class that is judged */
	size_t num_row, row_size;
	uint64_t devices;
	bool remedies;		/* they are sought */
	bool names;		/* cells have first names */
	struct kf_verdict verdict;
	struct kf_remedy remedy[KF_REMEDIES_MAX];
	struct kf_harms harms[KF_REMEDIES_MAX];
};

/* matrix_change.c: kf_matrix_open makes a device of a class, after the changes
 * that are planned. kf_matrix_touched tells whether these changed it. */
KF_MUST enum kf_status kf_matrix_open(struct kf_matrix *m,
				      struct kf_device *out, size_t class,
				      const char *name,
				      struct kf_fault *why);
KF_MUST enum kf_status kf_matrix_touched(const struct kf_matrix *m,
					 size_t class,
					 const struct kf_device *device,
					 bool *touched,
					 struct kf_fault *why);

/* matrix_files.c: opens the files, and what is in them. Says what is wrong.
 * Returns an exit status. */
KF_MUST int kf_matrix_add(struct kf_matrix *m, const char *release,
			  const char *path, const struct kf_digest *wanted);
KF_MUST enum kf_status kf_matrix_read(struct kf_matrix_file *f,
				      const struct kf_matrix *m,
				      const struct kf_rules *rules);
KF_MUST enum kf_status kf_matrix_look_inside(struct kf_matrix *m,
					     struct kf_matrix_file *f,
					     struct kf_fault *why);
void kf_matrix_close_files(struct kf_matrix *m);

/* matrix_run.c: judges. Fails: where the fleet cannot be read; a pair that
 * cannot be judged is a cell of its own. */
KF_MUST enum kf_status kf_matrix_run(struct kf_matrix *m,
				     struct kf_fault *why);

/* kf_matrix_run_after runs `after`, which has the files of `before`, its own
 * releases, and changes. Only classes that they touch are judged again;
 * `*touched` counts these, and `devices` those in them. */
KF_MUST enum kf_status kf_matrix_run_after(struct kf_matrix *after,
					   struct kf_matrix *before,
					   size_t *touched, uint64_t *devices,
					   struct kf_fault *why);
/* matrix_names.c: kf_matrix_name gives cells the first names of their
 * devices. */
KF_MUST enum kf_status kf_matrix_name(struct kf_matrix *m,
				      struct kf_fault *why);
void kf_first_names_close(struct kf_first_names *first);
void kf_matrix_close(struct kf_matrix *m);

/* kf_matrix_asked tells whether a verifier of a device is asked about files of
 * a format. */
bool kf_matrix_asked(const struct kf_device *device, size_t verifier,
		     const struct kf_format *format);

/* kf_matrix_cells are those of a class; `*num` counts them. */
const uint32_t *kf_matrix_cells(const struct kf_matrix *m, size_t class,
				size_t *num);

/* kf_matrix_decide judges one file for one verifier, into `m->verdict`. */
KF_MUST enum kf_status kf_matrix_decide(struct kf_matrix *m,
					struct kf_matrix_file *f,
					const struct kf_device_verifier *v);

/* matrix_cell.c: kf_matrix_tell judges a cell's sample again, with remedies
 * and what they do to others, and hands it on as a pair. The device of the pair
 * is named for all that share the answer. Of a cell that is a fault there is no
 * pair. */
typedef void kf_matrix_take(void *self, const struct kf_cell *cell,
			    const struct kf_pair *pair);
KF_MUST enum kf_status kf_matrix_tell(struct kf_matrix *m,
				      const struct kf_cell *cell,
				      kf_matrix_take *take, void *self,
				      struct kf_fault *why);

/* kf_matrix_order puts the cells in the order in which they are told, into
 * `m->order`: by file, the worst first. */
KF_MUST enum kf_status kf_matrix_order(struct kf_matrix *m,
				       struct kf_fault *why);

/* matrix_text.c, matrix_forms.c: what is written. `devices`: those that are
 * stranded, all by name. */
struct kf_matrix_form {
	const char *name;
	enum kf_status (*write)(struct kf_matrix *m, struct kf_render *r,
				bool devices, struct kf_fault *why);
};

extern const struct kf_matrix_form kf_matrix_text, kf_matrix_json,
	kf_matrix_csv, kf_matrix_sarif;

/* kf_matrix_devices hands on all devices, in the order of their names, with
 * their class. Fails: as `each` does. */
typedef enum kf_status kf_matrix_any(void *self, struct kf_bytes name,
				     size_t class, struct kf_fault *why);
KF_MUST enum kf_status kf_matrix_devices(struct kf_matrix *m,
					 kf_matrix_any *each, void *self,
					 struct kf_fault *why);

/* kf_matrix_stranded hands on each device that does not take a file, in the
 * order of their names. Fails: as `each` does. */
typedef enum kf_status kf_matrix_device(void *self, struct kf_bytes name,
					size_t class,
					const struct kf_cell *cell,
					struct kf_fault *why);
KF_MUST enum kf_status kf_matrix_stranded(struct kf_matrix *m,
					  kf_matrix_device *each, void *self,
					  struct kf_fault *why);

#endif
