/* Deciding one more device class for an artifact that is ready: what it costs,
 * and that it neither hashes nor verifies anything. P16.
 *
 *   classes CERTIFICATE... -- ARTIFACT...
 *
 * Each certificate is the db of one device.
 */
#include <keyfit/host.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { DECISIONS = 20000, DEVICES_MAX = 8 };

static const char rules_name[] = "edk2-2025.02";

static struct kf_crypto counted;
static const struct kf_crypto *real;
static unsigned long calls;

/* The counting table: what a decision must not call is counted, then done. */
static void *count_begin(void *self, enum kf_digest_kind kind)
{
	calls++;
	return real->digest_begin(self, kind);
}

static enum kf_status count_verify(const struct kf_signed_data *data,
				   struct kf_bytes content, uint32_t policy,
				   enum kf_answer3 *out, struct kf_why *why)
{
	calls++;
	return real->signed_verify(data, content, policy, out, why);
}

static enum kf_status count_chain(const struct kf_signed_data *data,
				  struct kf_bytes anchor, uint32_t policy,
				  int64_t now_s, enum kf_answer3 *out,
				  struct kf_why *why)
{
	calls++;
	return real->signed_chain(data, anchor, policy, now_s, out, why);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void time_one(const char *path, const struct kf_device *device,
		     size_t num, struct kf_work *work)
{
	const struct kf_rules *rules = kf_rules_find(rules_name);
	static struct kf_verdict v;
	struct kf_fault why = { 0 };
	struct kf_artifact artifact;
	struct kf_file file;
	double start;

	if (kf_file_open(&file, path, &why) != KF_OK) {
		fprintf(stderr, "classes: %s: %s\n", path, why.what);
		return;
	}
	kf_work_again(work, file.source.size);
	kf_artifact_read(&artifact, NULL, &file.source, &work->env);
	kf_artifact_prepare(&artifact, rules, &work->env);
	for (size_t i = 0; i < num; i++)	/* every anchor is met once */
		if (kf_check(&v, &artifact, &device[i].verifier[0].store,
			     rules, &work->env))
			fprintf(stderr, "classes: %s: fault\n", path);
	calls = 0;
	start = now();
	for (size_t i = 0; i < DECISIONS; i++)
		if (kf_check(&v, &artifact, &device[i % num].verifier[0].store,
			     rules, &work->env) != KF_OK)
			break;
	printf("%-34s %-8s %5.2f us a decision, %8llu bytes, %lu digests and signatures\n",
	       "P16 one more device class", "< 10 us",
	       (now() - start) / DECISIONS * 1e6,
	       (unsigned long long)file.source.size, calls);
	kf_artifact_close(&artifact, &work->env);
	kf_file_close(&file);
}

static bool open_device(struct kf_device *out, const char *certificate)
{
	const struct kf_setting trust[] = { { "db", certificate },
					    { "dbx", "none" } };
	struct kf_ask ask = { .rules = rules_name, .trust = trust,
			      .num_trust = 2 };
	struct kf_fault why = { 0 };

	if (kf_device_open(out, &ask, &counted, kf_now_s(), &why) == KF_OK)
		return true;
	fprintf(stderr, "classes: %s\n", why.what);
	return false;
}

int main(int argc, char **argv)
{
	static struct kf_device device[DEVICES_MAX];
	struct kf_fault why = { 0 };
	struct kf_work work;
	int num = 0, at = 1, status = 0;

	real = kf_openssl_open(&why);
	if (!real)
		return 4;
	counted = *real;
	counted.digest_begin = count_begin;
	counted.signed_verify = count_verify;
	counted.signed_chain = count_chain;
	if (kf_work_open(&work, KF_ARENA_LEN, &counted, kf_now_s(), &why))
		return 4;
	for (; at < argc && strcmp(argv[at], "--") != 0; at++)
		if (num == DEVICES_MAX || !open_device(&device[num++],
						       argv[at]))
			status = 4;
	for (at++; at < argc && num && status == 0; at++)
		time_one(argv[at], device, (size_t)num, &work);
	while (num)
		kf_device_close(&device[--num]);
	kf_work_close(&work);
	kf_openssl_close(real);
	return status;
}
