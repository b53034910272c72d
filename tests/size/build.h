/* One build of MCUboot: ECDSA with P-256, updates that overwrite, and nothing
 * else built in.
 */
enum {
	MCUBOOT_HASHED = 1,	/* by SHA-256 */
	MCUBOOT_NEEDS_PAYLOAD = 0,
};

static inline unsigned mcuboot_ask(struct mcuboot_case *k,
				   enum mcuboot_question question,
				   unsigned num)
{
	(void)k;
	(void)num;
	if (question == MCUBOOT_Q_SIGNATURE)
		return MCUBOOT_EC256;
	return question == MCUBOOT_Q_MODE ? MCUBOOT_OVERWRITE : 0;
}

static inline bool mcuboot_is(struct mcuboot_case *k,
			      enum mcuboot_question question)
{
	return mcuboot_ask(k, question, 2) != 0;
}
