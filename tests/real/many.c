/* Asks keyfit about many files in memory, in one process, of one device.
 */
#include "many.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_LEN = 4 << 20 };

/* The clock of all of them. */
static const int64_t now_s = 1800000000;

static void take_pair(struct many *many, const char *what, char *pair)
{
	char *equals = strchr(pair, '=');
	struct kf_setting line = { pair, equals ? equals + 1 : "" };
	bool trust = strcmp(what, "trust") == 0;
	size_t *num = trust ? &many->ask.num_trust : &many->ask.num_set;

	if (!equals || *num == MANY_PAIRS_MAX)
		exit(2);
	*equals = '\0';
	(trust ? many->trust : many->set)[(*num)++] = line;
}

void many_open(struct many *out, const char *rules, int argc, char **argv)
{
	struct kf_fault why = { "", "" };

	memset(out, 0, sizeof(*out));
	out->ask.rules = rules;
	for (int i = 0; i + 1 < argc; i += 2)
		take_pair(out, argv[i], argv[i + 1]);
	out->ask.trust = out->trust;
	out->ask.set = out->set;
	out->crypto = kf_openssl_open(&why);
	if (out->crypto &&
	    kf_device_open(&out->device, &out->ask, out->crypto, now_s,
			   &why) == KF_OK &&
	    kf_work_open(&out->work, ARENA_LEN, out->crypto, now_s,
			 &why) == KF_OK)
		return;
	fprintf(stderr, "%s\n", why.what);
	exit(4);
}

char many_judge(struct many *many, struct kf_bytes bytes)
{
	const struct kf_device_verifier *v = &many->device.verifier[0];
	struct kf_source source = kf_bytes_source(&bytes);
	static struct kf_verdict verdict;
	struct kf_artifact artifact;
	enum kf_status status;

	kf_work_again(&many->work, bytes.len);
	kf_artifact_read(&artifact, NULL, &source, &many->work.env);
	kf_artifact_prepare(&artifact, v->rules, &many->work.env);
	status = kf_check(&verdict, &artifact, &v->store, v->rules,
			  &many->work.env);
	kf_artifact_close(&artifact, &many->work.env);
	if (status != KF_OK)
		return '!';
	return verdict.answer == KF_ACCEPT ? '1'
	       : verdict.answer == KF_REJECT ? '0' : '?';
}

void many_close(struct many *many)
{
	kf_work_close(&many->work);
	kf_device_close(&many->device);
	kf_openssl_close(many->crypto);
}

size_t many_slurp(uint8_t *out, size_t max, const char *path)
{
	FILE *file = fopen(path, "rb");
	size_t len = file ? fread(out, 1, max, file) : 0;

	if (file)
		fclose(file);
	return len;
}
