/* Unpacks a file and prints how it went, for those who take memory away.
 *
 * Usage: unpack gzip|zstd FILE
 * Exit status: 0 unpacked, 2 wrong use, 4 fault.
 */
#include <keyfit/host.h>
#include <keyfit/unpack.h>

#include <stdio.h>
#include <string.h>

static bool take(void *self, struct kf_bytes bytes)
{
	unsigned *sum = self;

	for (size_t i = 0; i < bytes.len; i++)
		*sum = *sum * 31 + bytes.data[i];
	return true;
}

static enum kf_status unpack(const struct kf_source *source,
			     enum kf_packing packing, struct kf_fault *why)
{
	struct kf_work work = { 0 };
	unsigned sum = 0;
	struct kf_packed packed = {
		.packing = packing,
		.source = source,
		.len = source->size,
		.limit = 1 << 20,
		.take = take,
		.self = &sum,
	};
	struct kf_unpacked out = { KF_UNPACK_GOES_ON, 0, 0 };
	enum kf_status status = kf_work_open(&work, 4096, NULL, 0, why);

	if (status == KF_OK)
		status = kf_unpack(&out, &packed, &work.env);
	if (status == KF_OK && out.said == KF_UNPACK_NO_LIBRARY)
		status = KF_NO_MEMORY;
	if (status == KF_OK)
		printf("%d %llu %llu %u\n", (int)out.said,
		       (unsigned long long)out.used,
		       (unsigned long long)out.made, sum);
	kf_work_close(&work);
	return status;
}

int main(int argc, char **argv)
{
	struct kf_fault why = { "", "" };
	struct kf_file file = { .fd = -1 };
	enum kf_status status;

	if (argc != 3)
		return 2;
	status = kf_file_open(&file, argv[2], &why);
	if (status == KF_OK)
		status = unpack(&file.source, strcmp(argv[1], "zstd") == 0
				? KF_PACKING_ZSTD : KF_PACKING_GZIP, &why);
	if (status != KF_OK)
		fprintf(stderr, "unpack: status %d %s\n", (int)status,
			why.what);
	kf_file_close(&file);
	return status == KF_OK ? 0 : 4;
}
