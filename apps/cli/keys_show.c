/* Tokens and what they hold, for people and as JSON, one token a line.
 */
#include "keys.h"

#include "say.h"
#include "words.h"

#include <string.h>

static const char *const kinds[] = {
	[KF_OBJECT_PRIVATE] = "private-key",
	[KF_OBJECT_PUBLIC] = "public-key",
	[KF_OBJECT_CERTIFICATE] = "certificate",
};

static const struct {
	enum kf_scheme_kind kind;
	const char *slug, *text;
} schemes[] = {
	{ KF_SCHEME_RSA_PKCS1, "rsa-pkcs1", "RSA PKCS#1" },
	{ KF_SCHEME_RSA_PSS, "rsa-pss", "RSA PSS" },
	{ KF_SCHEME_ECDSA, "ecdsa", "ECDSA" },
	{ KF_SCHEME_ED25519, "ed25519", "Ed25519" },
};

enum { NUM_SCHEMES = sizeof(schemes) / sizeof(schemes[0]) };

static const char *const exposures[] = {
	[KF_EXPOSED_NOT] = "none",
	[KF_EXPOSED_EXAMPLE] = "example",
	[KF_EXPOSED_LEAKED] = "leaked",
	[KF_EXPOSED_PUBLISHED] = "published",
};

const char *kf_keys_answer(enum kf_answer3 answer)
{
	return answer == KF_YES ? "yes" : answer == KF_NO ? "no" : "unknown";
}

bool kf_keys_can_come_out(enum kf_answer3 extractable,
			  enum kf_answer3 was_extractable)
{
	return extractable != KF_NO || was_extractable != KF_NO;
}

const char *kf_keys_out_text(enum kf_answer3 extractable,
			     enum kf_answer3 was_extractable)
{
	if (extractable == KF_YES)
		return "yes: the private key can be taken out";
	if (extractable == KF_NOT_ASKED)
		return "not told";
	if (was_extractable == KF_NO)
		return "no, and never did";
	return was_extractable == KF_YES
		? "no, but it did: it was made elsewhere, or could be taken out"
		: "no; whether it did is not told";
}

/* showing is one object that is being told. `certificate` has no name where
 * there is none, or none that can be read. */
struct showing {
	const struct kf_token_object *object;
	struct kf_certificate certificate;
	const struct kf_known_key *known;
	uint32_t signs;		/* those that the key has */
};

/* look reads an object's certificate, and what is known of its key. */
static void look(struct kf_keys *k, struct showing *s,
		 const struct kf_token_object *object)
{
	struct kf_bytes serial = { NULL, 0 }, spki = { NULL, 0 };
	struct kf_digest sha256 = object->key.sha256;

	*s = (struct showing){ .object = object };
	k->work.arena.used = 0;
	if (object->certificate.len &&
	    k->crypto->certificate_read(k->crypto->self, &s->certificate,
					object->certificate,
					&k->work.arena) == KF_OK)
		kf_known_parts(&serial, &spki, object->certificate);
	else
		memset(&s->certificate, 0, sizeof(s->certificate));
	if (!sha256.len && spki.len)
		kf_digest_of(&sha256, k->crypto, KF_SHA256, spki);
	s->known = kf_known_find(&k->known, kf_view(sha256.bytes, sha256.len),
				 serial);
	k->finding |= s->known && s->known->exposure != KF_EXPOSED_NOT;
	k->finding |= k->sealed && object->kind == KF_OBJECT_PRIVATE &&
		      kf_keys_can_come_out(object->extractable,
					   object->was_extractable);
	for (size_t i = 0; i < NUM_SCHEMES; i++)
		if (object->signs & KF_SIGNS(schemes[i].kind))
			s->signs |= KF_SIGNS(schemes[i].kind);
}

static void line(struct kf_keys *k, const char *label, const char *text)
{
	if (!text || !text[0])
		return;
	kf_output_print(&k->out, "    %-11s ", label);
	kf_output_shown(&k->out, kf_text(text));
	kf_output_text(&k->out, "\n");
}

static void hex_line(struct kf_keys *k, const char *label,
		     struct kf_bytes bytes)
{
	if (!bytes.len)
		return;
	kf_output_print(&k->out, "    %-11s ", label);
	kf_output_hex(&k->out, bytes);
	kf_output_text(&k->out, "\n");
}

static void certificate_text(struct kf_keys *k, const struct kf_certificate *c)
{
	char from[24], to[24];

	if (!c->subject)
		return;
	kf_time_write(from, c->not_before_s);
	kf_time_write(to, c->not_after_s);
	line(k, "subject", c->subject);
	line(k, "issuer", c->issuer);
	kf_output_print(&k->out, "    valid       from %s to %s\n", from, to);
	hex_line(k, "certificate", kf_view(c->sha256.bytes, c->sha256.len));
}

static void private_text(struct kf_keys *k, const struct showing *s)
{
	const struct kf_token_object *o = s->object;
	const char *separator = "";

	line(k, "comes out",
	     kf_keys_out_text(o->extractable, o->was_extractable));
	if (o->made_there != KF_NOT_ASKED)
		line(k, "made there", kf_keys_answer(o->made_there));
	kf_output_text(&k->out, "    signs by    ");
	for (size_t i = 0; i < NUM_SCHEMES; i++) {
		if (!(s->signs & KF_SIGNS(schemes[i].kind)))
			continue;
		kf_output_print(&k->out, "%s%s", separator, schemes[i].text);
		separator = ", ";
	}
	kf_output_text(&k->out, s->signs ? "\n"
			: "nothing that keyfit signs with\n");
	if (o->asks_each_time)
		line(k, "asks", "for its PIN at each signature");
}

static void object_text(struct kf_keys *k, const struct showing *s)
{
	static const char *const titles[] = {
		[KF_OBJECT_PRIVATE] = "private key",
		[KF_OBJECT_PUBLIC] = "public key",
		[KF_OBJECT_CERTIFICATE] = "certificate",
	};
	const struct kf_token_object *o = s->object;

	kf_output_print(&k->out, "\n  %s \"", titles[o->kind]);
	kf_output_shown(&k->out, kf_text(o->label ? o->label : ""));
	kf_output_text(&k->out, "\"\n");
	line(k, "key", o->key.name ? o->key.name :
	     s->certificate.key ? s->certificate.key : o->type);
	hex_line(k, "sha256", kf_view(o->key.sha256.bytes, o->key.sha256.len));
	hex_line(k, "id", o->id);
	line(k, "uri", o->uri);
	line(k, "from", o->start);
	line(k, "to", o->end);
	if (o->kind == KF_OBJECT_PRIVATE)
		private_text(k, s);
	if (o->kind == KF_OBJECT_CERTIFICATE)
		certificate_text(k, &s->certificate);
	if (s->known) {
		kf_output_print(&k->out, "    known       %s key: ",
				exposures[s->known->exposure]);
		kf_output_shown(&k->out, kf_text(s->known->name));
		kf_output_text(&k->out, ", ");
		kf_output_shown(&k->out, kf_text(s->known->where));
		kf_output_text(&k->out, "\n");
	}
}

static void certificate_json(struct kf_json *j, const struct kf_certificate *c)
{
	if (!c->subject) {
		kf_json_text(j, "certificate", NULL);
		return;
	}
	kf_json_open(j, "certificate", '{');
	kf_json_foreign(j, "subject", kf_text(c->subject));
	kf_json_foreign(j, "issuer", kf_text(c->issuer));
	kf_json_hex(j, "serial", c->serial);
	kf_json_time(j, "not-before", c->not_before_s);
	kf_json_time(j, "not-after", c->not_after_s);
	kf_json_hex(j, "sha256", kf_view(c->sha256.bytes, c->sha256.len));
	kf_json_close(j);
}

static void foreign(struct kf_json *j, const char *name, const char *text)
{
	if (text)
		kf_json_foreign(j, name, kf_text(text));
	else
		kf_json_text(j, name, NULL);
}

static void private_json(struct kf_json *j, const struct showing *s)
{
	const struct kf_token_object *o = s->object;

	kf_json_text(j, "extractable", kf_keys_answer(o->extractable));
	kf_json_text(j, "was-extractable",
		     kf_keys_answer(o->was_extractable));
	kf_json_text(j, "made-there", kf_keys_answer(o->made_there));
	kf_json_yes_no(j, "asks-each-time", o->asks_each_time);
	kf_json_open(j, "signs", '[');
	for (size_t i = 0; i < NUM_SCHEMES; i++)
		if (s->signs & KF_SIGNS(schemes[i].kind))
			kf_json_text(j, NULL, schemes[i].slug);
	kf_json_close(j);
}

static void object_json(struct kf_json *j, const struct showing *s)
{
	const struct kf_token_object *o = s->object;

	kf_json_text(j, "kind", kinds[o->kind]);
	foreign(j, "label", o->label);
	kf_json_hex(j, "id", o->id);
	foreign(j, "uri", o->uri);
	foreign(j, "key", o->key.name ? o->key.name :
		s->certificate.key ? s->certificate.key : o->type);
	kf_json_hex(j, "spki-sha256", kf_view(o->key.sha256.bytes,
					      o->key.sha256.len));
	foreign(j, "start", o->start);
	foreign(j, "end", o->end);
	if (o->kind == KF_OBJECT_PRIVATE)
		private_json(j, s);
	certificate_json(j, &s->certificate);
	if (!s->known) {
		kf_json_text(j, "known", NULL);
		return;
	}
	kf_json_open(j, "known", '{');
	kf_json_text(j, "exposure", exposures[s->known->exposure]);
	foreign(j, "name", s->known->name);
	foreign(j, "where", s->known->where);
	kf_json_close(j);
}

/* ask_verifier asks whether a file that this certificate signed would fit. */
static enum kf_status ask_verifier(struct kf_keys *k,
				   struct kf_verdict *verdict,
				   const struct kf_bytes *certificate,
				   const struct kf_device_verifier *v)
{
	static struct kf_artifact artifact;
	enum kf_status status;

	kf_work_again(&k->work, 0);
	kf_artifact_read(&artifact, NULL, NULL, &k->work.env);
	artifact.suppose = certificate;
	artifact.num_suppose = 1;
	kf_artifact_prepare(&artifact, v->rules, &k->work.env);
	status = kf_check(verdict, &artifact, &v->store, v->rules,
			  &k->work.env);
	kf_artifact_close(&artifact, &k->work.env);
	return status;
}

static void verdict_text(struct kf_keys *k, const struct kf_device *d,
			 const struct kf_device_verifier *v,
			 const struct kf_verdict *verdict)
{
	const char *reason = verdict->why.reason ? verdict->why.reason->slug
						 : NULL;

	kf_output_text(&k->out, "    device      ");
	kf_output_shown(&k->out, kf_text(d->name));
	kf_output_print(&k->out, " (%s): %s%s%s\n", v->rules->name,
			kf_answer_name(verdict->answer), reason ? ", " : "",
			reason ? reason : "");
}

static void verdict_json(struct kf_json *j, const struct kf_device *d,
			 const struct kf_device_verifier *v,
			 const struct kf_verdict *verdict)
{
	kf_json_open(j, NULL, '{');
	foreign(j, "device", d->name);
	kf_json_text(j, "stage", v->stage);
	kf_json_text(j, "rules", v->rules->name);
	kf_json_text(j, "verdict", kf_answer_name(verdict->answer));
	kf_json_text(j, "reason", verdict->why.reason
		     ? verdict->why.reason->slug : NULL);
	kf_json_close(j);
}

/* ask_devices asks all devices about a certificate. `j` NULL: for people. */
static void ask_devices(struct kf_keys *k, struct kf_bytes certificate,
			struct kf_json *j)
{
	static struct kf_verdict verdict;

	for (size_t d = 0; d < k->num_devices; d++)
		for (size_t i = 0; i < k->device[d].num_verifiers; i++) {
			const struct kf_device_verifier *v =
				&k->device[d].verifier[i];

			memset(&verdict, 0, sizeof(verdict));
			if (ask_verifier(k, &verdict, &certificate, v) !=
			    KF_OK) {
				kf_say(k->device[d].name, "could not be asked about a certificate", NULL);
				k->fault = true;
			} else if (j) {
				verdict_json(j, &k->device[d], v, &verdict);
			} else {
				verdict_text(k, &k->device[d], v, &verdict);
			}
		}
}

static void tell_object(struct kf_keys *k, struct kf_json *j,
			const struct kf_token_object *object)
{
	struct showing s;

	if (object->kind < KF_OBJECT_PRIVATE ||
	    object->kind > KF_OBJECT_CERTIFICATE)
		return;
	look(k, &s, object);
	if (!j) {
		object_text(k, &s);
	} else {
		kf_json_open(j, NULL, '{');
		object_json(j, &s);
	}
	if (j)
		kf_json_open(j, "devices", '[');
	if (object->certificate.len)
		ask_devices(k, object->certificate, j);
	if (j) {
		kf_json_close(j);
		kf_json_close(j);
	}
}

static void token_text(struct kf_keys *k, const struct kf_token *token)
{
	const char *separator = "  mechanisms  ";

	kf_output_shown(&k->out, kf_text(token->label ? token->label : ""));
	kf_output_text(&k->out, ":");
	if (token->maker) {
		kf_output_text(&k->out, " ");
		kf_output_shown(&k->out, kf_text(token->maker));
		kf_output_text(&k->out, ", ");
		kf_output_shown(&k->out, kf_text(token->model ? token->model
								: ""));
		kf_output_text(&k->out, token->serial &&
			       strncmp(token->serial, "firmware", 8) == 0
			       ? ", " : ", serial ");
		kf_output_shown(&k->out, kf_text(token->serial
						 ? token->serial : ""));
	}
	kf_output_text(&k->out, "\n");
	for (size_t i = 0; i < token->num_mechanisms; i++) {
		kf_output_text(&k->out, separator);
		kf_output_shown(&k->out, kf_text(token->mechanism[i]));
		separator = ", ";
	}
	if (token->num_mechanisms)
		kf_output_text(&k->out, "\n");
	if (token->hidden)
		kf_output_print(&k->out, "  hidden      private keys are not shown: %s\n",
				token->hidden);
}

static void token_json(struct kf_json *j, const struct kf_token *token)
{
	foreign(j, "token", token->label);
	foreign(j, "maker", token->maker);
	foreign(j, "model", token->model);
	foreign(j, "serial", token->serial);
	foreign(j, "uri", token->uri);
	foreign(j, "hidden", token->hidden);
	kf_json_open(j, "mechanisms", '[');
	for (size_t i = 0; i < token->num_mechanisms; i++)
		foreign(j, NULL, token->mechanism[i]);
	kf_json_close(j);
}

/* is_long tells whether a token is one of authorities of the web, among others
 * that nobody has named. */
static bool is_long(const struct kf_keys *k, const struct kf_token *token)
{
	for (size_t i = 0; i < token->num_objects; i++)
		if (token->object[i].kind != KF_OBJECT_CERTIFICATE)
			return false;
	return !k->as_json && !k->arguments->num_operands &&
	       token->num_objects;
}

void kf_keys_tell(struct kf_keys *k, const struct kf_token *token)
{
	struct kf_json json = { .out = &k->out };

	if (k->as_json) {
		kf_json_open(&json, NULL, '{');
		token_json(&json, token);
		kf_json_open(&json, "objects", '[');
	} else {
		token_text(k, token);
	}
	for (size_t i = 0; i < token->num_objects && !is_long(k, token); i++)
		tell_object(k, k->as_json ? &json : NULL, &token->object[i]);
	if (is_long(k, token))
		kf_output_print(&k->out, "  holds       %zu certificates and no key: name it to see them\n",
				token->num_objects);
	if (k->as_json) {
		kf_json_close(&json);
		kf_json_close(&json);
		kf_output_text(&k->out, "\n");
	}
}

void kf_keys_file(struct kf_keys *k, const struct kf_signing_key *key)
{
	const struct kf_token_object objects[2] = {
		{ .kind = KF_OBJECT_PRIVATE, .key = key->key,
		  .extractable = key->extractable,
		  .was_extractable = key->was_extractable,
		  .asks_each_time = key->asks_each_time,
		  .signs = kf_schemes_of(&key->key, UINT32_MAX) },
		{ .kind = KF_OBJECT_CERTIFICATE,
		  .certificate = key->certificate, .key = key->key },
	};
	const struct kf_token token = {
		.label = key->name,
		.object = objects,
		.num_objects = key->certificate.len ? 2 : 1,
	};

	kf_keys_tell(k, &token);
}
