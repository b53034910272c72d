/* The words that libconfig's texts are made of.
 */
#ifndef KEYFIT_CORE_LIBCONFIG_TOKENS_H
#define KEYFIT_CORE_LIBCONFIG_TOKENS_H

#include "config.h"

/* Kinds of tokens; marks are their own letter, '=' a colon's too. */
enum {
	KF_TOKEN_END = 0,
	KF_TOKEN_GARBAGE = 1,
	KF_TOKEN_NAME = 2,
	KF_TOKEN_VALUE = 3,
};

struct kf_token {
	unsigned kind;
	enum kf_config_type type;	/* of a value */
	struct kf_bytes text;		/* of a name, a text */
	int64_t number;
	uint64_t at;
};

struct kf_tokens {
	struct kf_bytes text;
	size_t pos;
	bool later;		/* libconfig 1.7 */
	const char *beyond;
};

void kf_tokens_start(struct kf_tokens *out, struct kf_bytes text, bool later);

/* kf_tokens_next reads one; `beyond` says what keyfit does not read.
 * Fails: KF_NO_MEMORY, KF_TOO_MUCH. */
KF_MUST enum kf_status kf_tokens_next(struct kf_token *out,
				      struct kf_tokens *tokens,
				      struct kf_env *env);

/* kf_tokens_join puts a text behind another one. Fails: KF_NO_MEMORY. */
KF_MUST enum kf_status kf_tokens_join(struct kf_bytes *text,
				      struct kf_bytes more,
				      struct kf_env *env);

#endif
