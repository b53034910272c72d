/* Who signed a file, as its format tells it, in the words that statements have
 * for signers.
 */
#ifndef KEYFIT_HOST_SIGNERS_H
#define KEYFIT_HOST_SIGNERS_H

#include "json_write.h"
#include "key_names.h"

enum { KF_SIGNERS_MAX = 32 };

/* kf_told_signer has at least one of three digests; an empty one is not
 * known. */
struct kf_told_signer {
	struct kf_digest spki, certificate;
	struct kf_digest hash;	/* of the key, as the format itself has it */
	char key[32];		/* "RSA-2048" */
	char algorithm[48];	/* as the signature names it */
};

struct kf_signers {
	struct kf_told_signer signer[KF_SIGNERS_MAX];
	size_t num;
	bool more;		/* than there is room for */
};

/* kf_signers_add adds one, unless it is there or is nobody. Returns which one
 * it is; KF_SIGNERS_MAX: none. */
size_t kf_signers_add(struct kf_signers *all,
		      const struct kf_told_signer *one);

/* kf_signers_name adds a signer that somebody names; where its own certificate
 * is there, that one gets the key's name. */
void kf_signers_name(struct kf_signers *all, const struct kf_key_names *names);

/* kf_signers_find adds those that a file tells, and tells its format; NULL:
 * none that is known. `also`, where it is not NULL, is told all facts.
 * Fails: KF_CANNOT_READ, KF_NO_MEMORY, KF_TOO_MUCH. */
KF_MUST enum kf_status kf_signers_find(struct kf_signers *all,
				       const char **format,
				       const struct kf_source *source,
				       struct kf_work *work,
				       const struct kf_sink *also);

/* What those who walk a description share. kf_fact_is tells whether a fact has
 * a name; kf_fact_copy keeps a text, as far as there is room, with a NUL. */
bool kf_fact_is(const struct kf_fact *fact, const char *name);
void kf_fact_copy(char *out, size_t size, struct kf_bytes text);

/* kf_signers_write writes the list "signers". */
void kf_signers_write(struct kf_json *json, const struct kf_signers *all);

#endif
