/* Deciding one more device class for an artifact that is ready: what it costs,
 * and that it neither hashes nor verifies anything. P16.
 *
 *   classes ARTIFACT... db=FILE...
 */
#include <keyfit/host.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { DECISIONS = 20000, STORES_MAX = 8 };

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

static void time_one(const char *path, struct kf_store *stores, size_t num,
		     const struct kf_rules *rules, struct kf_work *work)
{
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
		if (kf_check(&v, &artifact, &stores[i], rules, &work->env))
			fprintf(stderr, "classes: %s: fault\n", path);
	calls = 0;
	start = now();
	for (size_t i = 0; i < DECISIONS; i++)
		if (kf_check(&v, &artifact, &stores[i % num], rules,
			     &work->env) != KF_OK)
			break;
	printf("%-34s %-8s %5.2f us a decision, %8llu bytes, %lu digests and signatures\n",
	       "P16 one more device class", "< 10 us",
	       (now() - start) / DECISIONS * 1e6,
	       (unsigned long long)file.source.size, calls);
	kf_artifact_close(&artifact, &work->env);
	kf_file_close(&file);
}

int main(int argc, char **argv)
{
	static struct kf_store stores[STORES_MAX];
	static struct kf_text_file lists[STORES_MAX];
	const struct kf_rules *rules = kf_rules_find("edk2-2025.02");
	struct kf_work work, store_work;
	struct kf_fault why = { 0 };
	size_t num = 0;

	real = kf_openssl_open(&why);
	if (!real)
		return 4;
	counted = *real;
	counted.digest_begin = count_begin;
	counted.signed_verify = count_verify;
	counted.signed_chain = count_chain;
	if (kf_work_open(&work, KF_ARENA_LEN, &counted, kf_now_s(), &why) ||
	    kf_work_open(&store_work, KF_ARENA_LEN, &counted, kf_now_s(),
			 &why))
		return 4;
	for (int i = 1; i < argc; i++) {
		struct kf_part db = { .name = "db", .presence = KF_PRESENT };

		if (strncmp(argv[i], "db=", 3) || num == STORES_MAX)
			continue;
		if (kf_text_file_read(&lists[num], argv[i] + 3, 1 << 20,
				      &why) != KF_OK)
			return 4;
		stores[num].complete = true;
		db.bytes = lists[num].bytes;
		if (!kf_store_set(&stores[num], "secure-boot", "on") ||
		    !kf_store_put(&stores[num], &db))
			return 4;
		kf_store_prepare(&stores[num++], rules, &store_work.env);
	}
	for (int i = 1; i < argc && num; i++)
		if (strncmp(argv[i], "db=", 3) != 0)
			time_one(argv[i], stores, num, rules, &work);
	for (size_t i = 0; i < num; i++)
		kf_text_file_close(&lists[i]);
	kf_work_close(&work);
	kf_work_close(&store_work);
	kf_openssl_close(real);
	return 0;
}
