/* Fuzzes what time stamp servers answer.
 *
 * Asserts that what is taken is the end of the answer, and nothing but that;
 * and that no answer is taken for a request that was made just now.
 *
 * Input: length of the request (u16le), the request, the answer.
 */
#include "opened.h"

#include "host/stamp.h"

#include <keyfit/host.h>


static void take(struct kf_bytes request, struct kf_bytes answer)
{
	struct kf_stamp_question asked = { .request = request }, fresh = { 0 };
	struct kf_fault why = { "", "" };
	struct kf_stamp stamp;
	enum kf_status status = kf_stamp_read(&stamp, &asked, answer, crypto,
					      &work.arena, &why);

	HOLDS(status == KF_OK || status == KF_NO_CRYPTO || why.what[0]);
	if (status == KF_OK)
		HOLDS(stamp.token.len && stamp.certificate.len &&
		      kf_equal(stamp.token,
			       kf_part_of(answer,
					  answer.len - stamp.token.len,
					  stamp.token.len)));
	HOLDS(kf_stamp_ask(&fresh.request, crypto, kf_text("signature"),
			   &work.arena) == KF_OK);
	HOLDS(kf_stamp_read(&stamp, &fresh, answer, crypto, &work.arena,
			    &why) != KF_OK);
}

void fuzz(struct kf_bytes input)
{
	struct kf_cursor c = kf_cursor_over(input, 0);
	size_t len = kf_u16le(&c, "length");
	struct kf_bytes request;

	open_work(input.len);
	request = kf_take(&c, len < kf_left(&c) ? len : kf_left(&c),
			  "request");
	take(request, kf_take(&c, kf_left(&c), "answer"));
}
