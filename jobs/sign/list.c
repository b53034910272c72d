/* What tokens hold, as their process tells it.
 */
#include "child.h"
#include "told.h"

#include <stdlib.h>
#include <string.h>

enum {
	ARENA_LEN = 1 << 20,
	TIMES = 4,	/* of what is told, and a key is told in three ways */
};

static void count(struct kf_tokens *out, size_t *num_objects,
		  size_t *num_mechanisms, struct kf_cursor c)
{
	struct kf_bytes bytes;
	enum kf_told tag;

	while (kf_told_next(&c, &tag, &bytes)) {
		out->num_tokens += tag == KF_TELL_TOKEN;
		*num_objects += tag == KF_TELL_OBJECT;
		*num_mechanisms += tag == KF_TELL_MECHANISM;
	}
}

/* reading is where the next object and mechanism go. */
struct reading {
	struct kf_token_object *object;
	const char **mechanism;
	struct kf_arena arena;
	const struct kf_crypto *crypto;
};

/* take takes a piece that is about a token. Fails: false, no memory. */
static bool take(struct reading *r, struct kf_token *token, enum kf_told tag,
		 struct kf_bytes bytes)
{
	const char *text = kf_told_text(bytes, &r->arena);

	if (tag == KF_TELL_TOKEN)
		token->label = text;
	else if (tag == KF_TELL_MAKER)
		token->maker = text;
	else if (tag == KF_TELL_MODEL)
		token->model = text;
	else if (tag == KF_TELL_SERIAL)
		token->serial = text;
	else if (tag == KF_TELL_URI)
		token->uri = text;
	else if (tag == KF_TELL_HIDDEN)
		token->hidden = text;
	else if (tag == KF_TELL_MECHANISM)
		r->mechanism[token->num_mechanisms++] = text;
	return text;
}

static enum kf_status read_token(struct reading *r, struct kf_token *token,
				 struct kf_cursor *c)
{
	struct kf_cursor ahead = *c;
	struct kf_bytes bytes;
	enum kf_told tag;
	enum kf_status status = KF_OK;
	bool first = true;

	token->mechanism = r->mechanism;
	token->object = r->object;
	while (status == KF_OK && kf_told_next(&ahead, &tag, &bytes) &&
	       (first || tag != KF_TELL_TOKEN)) {
		first = false;
		if (tag == KF_TELL_OBJECT) {
			status = kf_told_object(r->object++, c, r->crypto,
						&r->arena);
			token->num_objects++;
		} else {
			*c = ahead;
			status = take(r, token, tag, bytes) ? KF_OK
							    : KF_NO_MEMORY;
		}
		ahead = *c;
	}
	r->mechanism += token->num_mechanisms;
	return status;
}

static enum kf_status read_all(struct kf_tokens *out, struct kf_bytes told,
			       const struct kf_crypto *crypto)
{
	struct kf_cursor c = kf_cursor_over(told, 0);
	struct reading r = { .crypto = crypto };
	size_t num_objects = 0, num_mechanisms = 0;
	struct kf_token_object *objects;
	enum kf_status status = KF_OK;

	count(out, &num_objects, &num_mechanisms, c);
	r.arena.size = ARENA_LEN + TIMES * told.len;
	r.arena.base = out->memory[0] = malloc(r.arena.size);
	r.object = objects = out->memory[1] = calloc(num_objects + 1,
						     sizeof(*objects));
	r.mechanism = out->memory[2] = calloc(num_mechanisms + 1,
					      sizeof(*r.mechanism));
	out->token = out->memory[3] = calloc(out->num_tokens + 1,
					     sizeof(*out->token));
	for (size_t i = 0; i < 4; i++)
		if (!out->memory[i])
			return KF_NO_MEMORY;
	for (size_t i = 0; i < out->num_tokens && status == KF_OK; i++)
		status = read_token(&r, &out->token[i], &c);
	return status;
}

enum kf_status kf_tokens_list(struct kf_tokens *out,
			      const struct kf_signing_ask *ask,
			      const struct kf_crypto *crypto,
			      struct kf_fault *why)
{
	struct kf_output told = { 0 };
	const struct kf_asked asked = {
		.task = KF_CHILD_LIST, .told = &told,
		.warning = &out->warning,
	};
	struct kf_child child = { 0 };
	struct kf_key_name name;
	enum kf_status status = kf_key_name_read(&name, ask, why);
	int turn = kf_child_turn();

	memset(out, 0, sizeof(*out));
	if (status == KF_OK)
		status = kf_child_start(&child,
					name.place == KF_PLACE_PKCS11
					? &kf_driver_pkcs11 : &kf_driver_tpm,
					&name, ask->wait_s, why);
	explicit_bzero(&name, sizeof(name));
	if (status == KF_OK)
		status = kf_child_ask(&child, &asked, why);
	kf_child_stop(&child);
	kf_child_turn_over(turn);
	if (status == KF_OK)
		status = read_all(out, kf_view(told.data, told.len), crypto);
	kf_output_close(&told);
	if (status == KF_NO_MEMORY)
		kf_fault_say(why, NULL, "out of memory");
	if (status != KF_OK)
		kf_tokens_close(out);
	return status;
}

void kf_tokens_close(struct kf_tokens *tokens)
{
	for (size_t i = 0; i < 4; i++)
		free(tokens->memory[i]);
	memset(tokens, 0, sizeof(*tokens));
}
