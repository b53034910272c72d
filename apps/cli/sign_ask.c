/* What keyfit sign is asked, and what goes together.
 */
#include "sign.h"

#include "ask.h"
#include "say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct kf_option kf_sign_options[] = {
	{ "format", KF_VALUE_ANY, "FORMAT", false,
	  "raw, cms, pe, auth, rauc, swupdate, swupdate-cms, mcuboot, fit" },
	{ "key", KF_VALUE_FILE, "KEY", false,
	  "the key: a file, a pkcs11: URI, tpm:HANDLE, as keyfit keys takes them" },
	{ "certificate", KF_VALUE_FILE, "FILE", true,
	  "the key's certificate, and those between it and the root" },
	{ "output", KF_VALUE_FILE, "FILE", false, "the file to write" },
	{ "pin-source", KF_VALUE_ANY, "SOURCE", false,
	  "where the PIN or passphrase is: file:PATH, env:NAME, credential:NAME" },
	{ "wait", KF_VALUE_ANY, "SECONDS", false,
	  "how long a token or server may think about one answer; 60 without it" },
	{ "digest", KF_VALUE_ANY, "DIGEST", false,
	  "sha256, sha384 or sha512; without it the key's own" },
	{ "pss", KF_VALUE_NONE, NULL, false, "RSA signs by RSASSA-PSS" },
	{ "pem", KF_VALUE_NONE, NULL, false, "of cms: write PEM, not DER" },
	{ "variable", KF_VALUE_ANY, "NAME", false,
	  "of auth: PK, KEK, db, dbx or dbt" },
	{ "append", KF_VALUE_NONE, NULL, false,
	  "of auth: add to the variable, not in its place" },
	{ "at", KF_VALUE_ANY, "TIME", false,
	  "the time to put in; without it there is none" },
	{ "timestamp-server", KF_VALUE_ANY, "URL", false,
	  "of pe and cms: have this server stamp the time (RFC 3161)" },
	{ "timestamp-certificate", KF_VALUE_FILE, "FILE", false,
	  "the certificates that the server's has to come from" },
	{ "must-fit", KF_VALUE_FILE, "DEVICE", true,
	  "sign for this device or fleet, or not at all" },
	KF_ASK_TRUST,
	KF_ASK_SET,
	{ "rules", KF_VALUE_RULES, "NAME", false,
	  "the devices' verifier, not their own" },
	{ "policy", KF_VALUE_FILE, "POLICY", false,
	  "sign under this policy, if it allows" },
	{ "request", KF_VALUE_FILE, "FILE", false, "what was asked for" },
	{ "approval", KF_VALUE_FILE, "FILE", true, "who approves it" },
	{ "audit-log", KF_VALUE_FILE, "DIRECTORY", false,
	  "where intent and result are written down" },
	{ "audit-key", KF_VALUE_FILE, "KEY", false,
	  "the key that signs the audit log" },
	{ "as", KF_VALUE_ANY, "NAME", false, "who operates, by the policy" },
	{ "environment", KF_VALUE_ANY, "ENVIRONMENT", false,
	  "of this machine: production, test or legacy" },
	{ "rebuild", KF_VALUE_FILE, "FILE", true,
	  "a builder's statement (keyfit rebuild), where the policy asks for some" },
	{ "dry-run", KF_VALUE_NONE, NULL, false,
	  "do all but sign and write" },
	{ "json", KF_VALUE_NONE, NULL, false, "one JSON object" },
	{ NULL, KF_VALUE_NONE, NULL, false, NULL },
};

static int usage(const char *subject, const char *what, const char *hint)
{
	kf_say(subject, what, hint);
	return KF_EXIT_USAGE;
}

/* list_formats names all of them. */
static void list_formats(char *out, size_t size)
{
	size_t at = 0;

	for (size_t i = 0; kf_maker_at(i) && at < size; i++)
		at += (size_t)snprintf(out + at, size - at, "%s%s",
				       i ? ", " : "one of ",
				       kf_maker_at(i)->name);
}

static int read_format(struct kf_sign_run *s)
{
	const char *name = kf_argument(s->arguments, "format");
	char hint[200];

	s->maker = name ? kf_maker_named(name) : NULL;
	if (s->maker)
		return KF_EXIT_FITS;
	list_formats(hint, sizeof(hint));
	return usage(name, name ? "is no format that keyfit signs"
				: "which format?", hint);
}

static int read_digest(struct kf_sign_run *s)
{
	static const struct {
		const char *name;
		enum kf_digest_kind kind;
	} kinds[] = {
		{ "sha256", KF_SHA256 }, { "sha384", KF_SHA384 },
		{ "sha512", KF_SHA512 },
	};
	const char *name = kf_argument(s->arguments, "digest");

	for (size_t i = 0; name && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, name) != 0)
			continue;
		s->ask.digest = kinds[i].kind;
		s->ask.has_digest = true;
	}
	return !name || s->ask.has_digest ? KF_EXIT_FITS
		: usage(name, "is no digest that keyfit signs",
			"one of sha256, sha384, sha512");
}

static int read_numbers(struct kf_sign_run *s)
{
	const char *at = kf_argument(s->arguments, "at");
	const char *wait = kf_argument(s->arguments, "wait");
	char *end = NULL;
	unsigned long seconds = wait ? strtoul(wait, &end, 10) : 0;

	if (wait && (wait[0] < '0' || wait[0] > '9' || *end || !seconds ||
		     seconds > 86400))
		return usage(wait, "is no number of seconds",
			     "from 1 to 86400");
	s->key_ask.wait_s = s->ask.stamp_wait_s = (unsigned)seconds;
	s->ask.has_time = at;
	return at ? kf_argument_time(&s->ask.at_s, s->arguments)
		  : KF_EXIT_FITS;
}

/* check_device refuses what describes a device where none is asked. */
static int check_device(const struct kf_sign_run *s)
{
	const struct kf_arguments *a = s->arguments;
	bool trust = kf_argument(a, "trust");
	bool more = kf_argument(a, "set") || kf_argument(a, "rules");

	if (s->maker->stands_alone && (trust || more))
		return usage(NULL, "--trust, --set and --rules describe a device, and none judges a signature by itself", NULL);
	if (more && !trust && !kf_argument(a, "must-fit"))
		return usage(NULL, "--set and --rules describe a device, and none is named",
			     "--must-fit DEVICE, or --trust NAME=FILE");
	return KF_EXIT_FITS;
}

/* check_words refuses what the format has no place for. */
static int check_words(const struct kf_sign_run *s)
{
	const struct kf_maker *m = s->maker;
	const struct {
		const char *name;
		bool takes;
	} words[] = {
		{ "certificate", m->takes_certificate },
		{ "at", m->takes_time }, { "pem", m->takes_pem },
		{ "variable", m->takes_variable },
		{ "append", m->takes_variable },
		{ "must-fit", !m->stands_alone },
		{ "timestamp-server", m->takes_stamp },
	};
	char what[120];

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (words[i].takes || !kf_argument(s->arguments, words[i].name))
			continue;
		snprintf(what, sizeof(what), "--%s does not go with --format %s",
			 words[i].name, m->name);
		return usage(NULL, what, m->stands_alone && i == 5
			     ? "no device judges a signature by itself: put it into its file, and keyfit check tells" : NULL);
	}
	if (m->takes_variable && !s->ask.variable)
		return usage(NULL, "which variable?",
			     "--variable PK, KEK, db, dbx or dbt: its name is signed too");
	if (m->takes_variable && !s->ask.has_time)
		return usage(NULL, "which time?",
			     "--at TIME: it is signed too, and devices take a replacement only if it is later than the last one");
	return check_device(s);
}

int kf_sign_read(struct kf_sign_run *s)
{
	const struct kf_arguments *a = s->arguments;
	int status;

	if (a->num_operands != 1)
		return usage(NULL, a->num_operands ? "one file at a time"
						   : "no file",
			     "usage: keyfit sign FILE --format FORMAT --key KEY --output FILE");
	s->path = a->operand[0];
	s->output = kf_argument(a, "output");
	s->key_ask.name = kf_argument(a, "key");
	s->key_ask.pin_source = kf_argument(a, "pin-source");
	s->as_json = kf_argument(a, "json");
	s->ask.dry = kf_argument(a, "dry-run");
	s->ask.pss = kf_argument(a, "pss");
	s->ask.pem = kf_argument(a, "pem");
	s->ask.append = kf_argument(a, "append");
	s->ask.variable = kf_argument(a, "variable");
	s->ask.stamp_url = kf_argument(a, "timestamp-server");
	status = read_format(s);
	if (status == KF_EXIT_FITS)
		status = read_digest(s);
	if (status == KF_EXIT_FITS)
		status = read_numbers(s);
	if (status == KF_EXIT_FITS)
		status = check_words(s);
	if (status != KF_EXIT_FITS)
		return status;
	if (!s->key_ask.name)
		return usage(NULL, "which key?", "--key FILE, --key 'pkcs11:token=...;object=...'");
	if (!s->output && !s->ask.dry)
		return usage(NULL, "where is it to be written?",
			     "say --output FILE, or --dry-run");
	if (s->output && strcmp(s->output, "-") == 0)
		return usage("--output", "is not standard output here",
			     "name a file: it is written whole or not at all");
	return KF_EXIT_FITS;
}
