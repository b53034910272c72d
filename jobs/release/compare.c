/* Holds what a manifest tells against what is there: nothing more, nothing
 * less, and each file the same.
 */
#include "release.h"

#include <string.h>

/* comparing is both sides. */
struct comparing {
	const struct kf_manifest *told, *now;
	kf_release_found *found;
	void *self;
};

static const char *path_of(const json_t *artifact)
{
	return json_string_value(json_object_get(artifact, "path"));
}

/* differs tells whether one member is another one; to be missing is one. */
static bool differs(const json_t *a, const json_t *b, const char *name)
{
	const json_t *one = json_object_get(a, name);
	const json_t *other = json_object_get(b, name);

	return one || other ? !json_equal(one, other) : false;
}

/* is_signer tells whether an artifact has a signer. */
static bool is_signer(const struct kf_manifest *m, const json_t *artifact,
		      const json_t *signer)
{
	const json_t *list = json_object_get(artifact, "signers");
	json_t *n;
	size_t i;

	json_array_foreach(list, i, n)
		if (json_equal(json_array_get(m->signers,
					      (size_t)json_integer_value(n)),
			       signer))
			return true;
	return false;
}

/* has_all tells whether each signer of one artifact is one of the other. */
static bool has_all(const struct kf_manifest *m, const json_t *a,
		    const struct kf_manifest *other, const json_t *b)
{
	const json_t *list = json_object_get(a, "signers");
	json_t *n;
	size_t i;

	json_array_foreach(list, i, n)
		if (!is_signer(other, b, json_array_get(
				       m->signers,
				       (size_t)json_integer_value(n))))
			return false;
	return true;
}

/* compare_file holds one file against what is told of it. */
static void compare_file(struct comparing *c, const json_t *told,
			 const json_t *now)
{
	static const struct {
		const char *name;
		enum kf_release_finding finding;
	} members[] = {
		{ "format", KF_RELEASE_FORMAT },
		{ "version", KF_RELEASE_VERSION },
		{ "security_counter", KF_RELEASE_COUNTER },
	};
	const char *path = path_of(told);

	if (differs(told, now, "sha256") || differs(told, now, "length")) {
		c->found(c->self, KF_RELEASE_CHANGED, path, NULL);
		return;
	}
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (differs(told, now, members[i].name))
			c->found(c->self, members[i].finding, path, NULL);
	if (!has_all(c->told, told, c->now, now) ||
	    !has_all(c->now, now, c->told, told))
		c->found(c->self, KF_RELEASE_SIGNERS, path, NULL);
}

void kf_manifest_compare(const struct kf_manifest *told,
			 const struct kf_manifest *now,
			 kf_release_found *found, void *self)
{
	struct comparing c = { told, now, found, self };
	size_t num_told = json_array_size(told->artifacts);
	size_t num_now = json_array_size(now->artifacts);
	size_t i = 0, k = 0;

	/* Both are in the order of their paths. */
	while (i < num_told || k < num_now) {
		const json_t *a = json_array_get(told->artifacts, i);
		const json_t *b = json_array_get(now->artifacts, k);
		int order = !a ? 1 : !b ? -1
			: strcmp(path_of(a), path_of(b));

		if (order < 0)
			found(self, KF_RELEASE_MISSING, path_of(a), NULL);
		else if (order > 0)
			found(self, KF_RELEASE_EXTRA, path_of(b), NULL);
		else
			compare_file(&c, a, b);
		i += order <= 0;
		k += order >= 0;
	}
}
