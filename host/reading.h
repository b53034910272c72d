/* Objects of JSON, read strictly: each name is known, comes once, and has a
 * value of its kind. What is not understood might have been a limit.
 */
#ifndef KEYFIT_HOST_READING_H
#define KEYFIT_HOST_READING_H

#include "core/config.h"
#include "core/merkle.h"

#include <keyfit/host.h>

enum { KF_TEXT_MAX = 255 };

/* The last second that can be written: of the year 9999. */
#define KF_TIME_LAST_S INT64_C(253402300799)

/* kf_reading is one text that is read. The first failure stays: nobody has to
 * look before the end. `prefix` stands in front of what is said. */
struct kf_reading {
	struct kf_env *env;
	const char *prefix;
	enum kf_status status;
	struct kf_fault *why;
};

/* kf_reading_start reads a text whose top is an object. Fails: NULL. */
const struct kf_config *kf_reading_start(struct kf_reading *r,
					 struct kf_bytes text);

/* kf_reading_wrong says what is wrong with a member; `name` NULL: with all. */
void kf_reading_wrong(struct kf_reading *r, const char *name,
		      const char *what);

/* kf_reading_names wants none but these; NULL ends. */
void kf_reading_names(struct kf_reading *r, const struct kf_config *group,
		      const char *const *names);

/* Members. One that is missing is wrong, unless it is `maybe` there: then a
 * list and an object are NULL, a text is NULL, a number is 0. */
enum kf_need { KF_NEEDED = 0, KF_MAYBE };

const struct kf_config *kf_reading_group(struct kf_reading *r,
					 const struct kf_config *group,
					 const char *name, enum kf_need need);
const struct kf_config *kf_reading_list(struct kf_reading *r,
					const struct kf_config *group,
					const char *name, enum kf_need need,
					size_t max);
const char *kf_reading_text(struct kf_reading *r,
			    const struct kf_config *group, const char *name,
			    enum kf_need need);
uint64_t kf_reading_number(struct kf_reading *r, const struct kf_config *group,
			   const char *name, enum kf_need need, uint64_t max);
void kf_reading_hash(struct kf_reading *r, struct kf_hash *out,
		     const struct kf_config *group, const char *name,
		     enum kf_need need);
int64_t kf_reading_time(struct kf_reading *r, const struct kf_config *group,
			const char *name, enum kf_need need);

/* kf_reading_long is a text that may be long and have lines. */
struct kf_bytes kf_reading_long(struct kf_reading *r,
				const struct kf_config *group,
				const char *name);

/* kf_reading_word is one of some words: its place; NULL ends them. */
int kf_reading_word(struct kf_reading *r, const struct kf_config *group,
		    const char *name, const char *const *words);

/* kf_reading_item is a text in a list; kf_reading_items all of them, NULL
 * behind the last. */
const char *kf_reading_item(struct kf_reading *r, const struct kf_config *c,
			    const char *name);
const char *const *kf_reading_items(struct kf_reading *r,
				    const struct kf_config *list,
				    const char *name);

/* kf_reading_room takes zeroed memory for `num` things. */
void *kf_reading_room(struct kf_reading *r, size_t num, size_t size);

#endif
