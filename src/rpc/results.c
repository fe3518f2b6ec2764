/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/results.h"

#include <string.h>

/* Members that are always there, that may be, that versions of the API have from, or up to, a
 * number on. */
#define HAS(n, t, d)                                                                               \
    {                                                                                              \
        .name = (n), .type = (t), .doc = (d)                                                       \
    }
#define MAY(n, t, d)                                                                               \
    {                                                                                              \
        .name = (n), .type = (t), .doc = (d), .optional = true                                     \
    }
#define SINCE(n, t, v, d)                                                                          \
    {                                                                                              \
        .name = (n), .type = (t), .doc = (d), .optional = true, .since = (v)                       \
    }
#define UNTIL(n, t, v, d)                                                                          \
    {                                                                                              \
        .name = (n), .type = (t), .doc = (d), .optional = true, .until = (v)                       \
    }
#define END                                                                                        \
    {                                                                                              \
        .name = NULL                                                                               \
    }
#define LEDGER                                                                                     \
    HAS("ledger_hash", "Hash256", "Hash of the ledger that this is from"),                         \
        HAS("ledger_index", "integer", "Its sequence"), HAS("validated", "boolean", "Always true")

/* --- objects of several results, or inside of one --- */

static const struct result_member shape_channel[] = {
    HAS("channel_id", "Hash256", "Key of the channel"),
    HAS("account", "Address", "Who pays"),
    HAS("destination_account", "Address", "Who is paid"),
    HAS("amount", "Amount", "What was set aside"),
    HAS("balance", "Amount", "What was paid out already"),
    HAS("settle_delay", "integer",
        "Seconds that the destination has to claim before the channel closes"),
    MAY("public_key", "string", "Key that signs claims, base58"),
    MAY("public_key_hex", "string", "The same in hex"),
    MAY("expiration", "integer", "When the channel closes by itself, seconds since 2000"),
    MAY("cancel_after", "integer", "When it can be closed for good, seconds since 2000"),
    MAY("source_tag", "integer", "Tag of the payer"),
    MAY("destination_tag", "integer", "Tag of the payee"),
    END};
static const struct result_member shape_line[] = {
    HAS("account", "Address", "The other account"),
    HAS("balance", "string", "What is held of the currency; negative: what is owed"),
    HAS("currency", "string", "Currency of the line"),
    HAS("limit", "string", "How much the account accepts to be owed"),
    HAS("limit_peer", "string", "How much the other one accepts"),
    HAS("quality_in", "integer", "Rate of what comes in, per 10^9; 0 = par"),
    HAS("quality_out", "integer", "Rate of what goes out"),
    MAY("no_ripple", "boolean", "Payments do not ripple through from this side"),
    MAY("no_ripple_peer", "boolean", "... from the other side"),
    MAY("authorized", "boolean", "This side has authorized the line"),
    MAY("peer_authorized", "boolean", "The other side has"),
    MAY("freeze", "boolean", "This side froze the line"),
    MAY("freeze_peer", "boolean", "The other side did"),
    MAY("deep_freeze", "boolean", "This side froze it for what comes in, too"),
    MAY("deep_freeze_peer", "boolean", "The other side did"),
    END};
static const struct result_member shape_account_offer[] = {
    HAS("seq", "integer", "Sequence of the transaction that made it"),
    HAS("flags", "integer", "Its flags"),
    HAS("quality", "string", "What is paid for one of what is given"),
    HAS("taker_pays", "Amount", "What the offer asks for"),
    HAS("taker_gets", "Amount", "What it gives"),
    MAY("expiration", "integer", "When it ends, seconds since 2000"),
    END};
static const struct result_member shape_nft[] = {
    HAS("NFTokenID", "Hash256", "Its id"),
    MAY("URI", "HexText", "Its URI"),
    HAS("Flags", "integer", "Its flags"),
    HAS("Issuer", "Address", "Who issued it"),
    HAS("NFTokenTaxon", "integer", "Its taxon"),
    HAS("nft_serial", "integer", "Its serial number"),
    MAY("TransferFee", "integer", "What the issuer gets of a resale, in 1/100,000"),
    END};
static const struct result_member shape_nft_state[] = {
    HAS("nft_id", "Hash256", "Its id"),
    HAS("ledger_index", "integer", "Ledger of the last change"),
    HAS("owner", "Address", "Who holds it, or held it last"),
    HAS("is_burned", "boolean", "It is gone"),
    HAS("uri", "string", "Its URI in hex; may be empty"),
    HAS("flags", "integer", "Its flags"),
    HAS("transfer_fee", "integer", "What the issuer gets of a resale, in 1/100,000"),
    HAS("issuer", "Address", "Who issued it"),
    HAS("nft_taxon", "integer", "Its taxon"),
    HAS("nft_serial", "integer", "Its serial number"),
    END};
static const struct result_member shape_nft_offer[] = {
    HAS("nft_offer_index", "Hash256", "Key of the offer"),
    HAS("flags", "integer", "Its flags: 1 = to sell"),
    HAS("owner", "Address", "Who made it"),
    HAS("amount", "Amount", "The price"),
    MAY("destination", "Address", "Who alone may take it"),
    MAY("expiration", "integer", "When it ends, seconds since 2000"),
    END};
static const struct result_member shape_mpt[] = {
    HAS("mpt_id", "Hash256", "Key of the object"),
    HAS("account", "Address", "The holder"),
    HAS("mpt_issuance_id", "HexText", "Id of the issuance"),
    HAS("mpt_amount", "DecimalText", "Units held"),
    MAY("locked_amount", "DecimalText", "Units locked, in escrows for instance"),
    MAY("mpt_locked", "boolean", "The holding is locked"),
    MAY("mpt_authorized", "boolean", "The issuer has authorized it"),
    END};
static const struct result_member shape_mpt_issuance[] = {
    HAS("mpt_issuance_id", "Hash256", "Key of the object; taken wherever an issuance's id is"),
    HAS("issuer", "Address", "Who issues it"),
    HAS("sequence", "integer", "Sequence of the transaction that made it"),
    MAY("transfer_fee", "integer", "What the issuer gets of transfers, in 1/100,000"),
    MAY("asset_scale", "integer", "Decimal places of a unit"),
    MAY("maximum_amount", "DecimalText", "Most units there may be"),
    MAY("outstanding_amount", "DecimalText", "Units there are"),
    MAY("locked_amount", "DecimalText", "Units locked"),
    MAY("mptoken_metadata", "HexText", "What the issuer says about it"),
    MAY("domain_id", "Hash256", "Domain whose members may hold it"),
    MAY("mpt_locked", "boolean", "All of it is locked"),
    MAY("mpt_can_lock", "boolean", "The issuer can lock it"),
    MAY("mpt_require_auth", "boolean", "Holders need the issuer's permission"),
    MAY("mpt_can_escrow", "boolean", "Holders can put it in escrow"),
    MAY("mpt_can_trade", "boolean", "It can be traded"),
    MAY("mpt_can_transfer", "boolean", "It can be sent to others than the issuer"),
    MAY("mpt_can_clawback", "boolean", "The issuer can take it back"),
    MAY("mpt_can_hold_confidential_balance", "boolean", "..."),
    MAY("mpt_can_mutate_can_lock", "boolean", "Which of these can be changed"),
    MAY("mpt_can_mutate_require_auth", "boolean", "..."),
    MAY("mpt_can_mutate_can_escrow", "boolean", "..."),
    MAY("mpt_can_mutate_can_trade", "boolean", "..."),
    MAY("mpt_can_mutate_can_transfer", "boolean", "..."),
    MAY("mpt_can_mutate_can_clawback", "boolean", "..."),
    MAY("mpt_can_mutate_can_hold_confidential_balance", "boolean", "..."),
    MAY("mpt_can_mutate_metadata", "boolean", "..."),
    MAY("mpt_can_mutate_transfer_fee", "boolean", "..."),
    END};
static const struct result_member shape_mpt_holder[] = {
    HAS("account", "Address", "The holder"),
    HAS("flags", "integer", "Flags of the holding"),
    HAS("mpt_amount", "DecimalText", "Units held"),
    MAY("locked_amount", "DecimalText", "Units locked"),
    HAS("mptoken_index", "Hash256", "Key of the holding"),
    MAY("confidential_balance_inbox", "string", "Of confidential transfers, encrypted: received"),
    MAY("confidential_balance_spending", "string", "... what can be spent"),
    MAY("issuer_encrypted_balance", "string", "... for the issuer"),
    MAY("auditor_encrypted_balance", "string", "... for the auditor"),
    MAY("holder_encryption_key", "string", "... the holder's key"),
    MAY("confidential_balance_version", "integer", "... how often what can be spent changed"),
    END};
static const struct result_member shape_transaction_marker[] = {
    HAS("ledger", "integer", "Ledger of the transaction"),
    HAS("seq", "integer", "Its place in the ledger"), END};
static const struct result_member shape_history_entry[] = {
    MAY("meta", "any", "What it changed; with binary (version 1) its bytes"),
    SINCE("meta_blob", "HexText", 2, "With binary: the bytes of the metadata"),
    UNTIL("tx", "Transaction", 1, "The transaction"),
    SINCE("tx_json", "Transaction", 2, "The transaction"),
    MAY("tx_blob", "HexText", "With binary: its bytes"),
    SINCE("hash", "Hash256", 2, "Its id"),
    SINCE("ledger_hash", "Hash256", 2, "Its ledger"),
    MAY("ledger_index", "integer", "Its ledger"),
    SINCE("close_time_iso", "string", 2, "When the ledger closed"),
    MAY("date", "integer", "When the ledger closed, seconds since 2000"),
    MAY("actor", "Address", "With `delegate`: who signed"),
    MAY("authorizer", "Address", "With `delegate`: for whom"),
    HAS("validated", "boolean", "Always true"),
    END};
static const struct result_member shape_amm[] = {
    HAS("lp_token", "Amount", "Tokens of the pool: all, or those of the account asked for"),
    HAS("amount", "Amount", "What the pool holds of one asset"),
    HAS("amount2", "Amount", "... and of the other"),
    HAS("account", "Address", "The pool's account"),
    HAS("trading_fee", "integer", "Fee in 1/100,000"),
    MAY("auction_slot", "AMMSlot", "Who trades at a discount"),
    MAY("vote_slots", "[AMMVote]", "Votes on the fee"),
    MAY("asset_frozen", "boolean", "The first asset is frozen for the pool"),
    MAY("asset2_frozen", "boolean", "The second one is"),
    END};
static const struct result_member shape_amm_slot[] = {
    HAS("time_interval", "integer", "Which twentieth of the day of the slot it is; 20 = over"),
    HAS("price", "Amount", "What was paid for it"),
    HAS("discounted_fee", "integer", "Its holder's fee, in 1/100,000"),
    HAS("account", "Address", "Its holder"),
    HAS("expiration", "string", "When it ends"),
    MAY("auth_accounts", "[AMMAccount]", "Who trades at its fee, too"),
    END};
static const struct result_member shape_amm_account[] = {HAS("account", "Address", "Its address"),
                                                         END};
static const struct result_member shape_amm_vote[] = {
    HAS("account", "Address", "Who voted"), HAS("trading_fee", "integer", "For which fee"),
    HAS("vote_weight", "integer", "Its weight, in 1/100,000"), END};
static const struct result_member shape_book_change[] = {
    HAS("currency_a", "string", "One asset: XRP_drops, issuer/currency or mpt_issuance_id"),
    HAS("currency_b", "string", "The other one"),
    HAS("volume_a", "string", "How much of it was traded"),
    HAS("volume_b", "string", "... and of the other"),
    HAS("high", "string", "Highest price"),
    HAS("low", "string", "Lowest price"),
    HAS("open", "string", "Price of the first trade"),
    HAS("close", "string", "Price of the last one"),
    MAY("domain", "Hash256", "Permissioned domain of the trades"),
    END};
static const struct result_member shape_feature[] = {
    HAS("name", "string", "Its name, or its id where the name is not known"),
    HAS("enabled", "boolean", "It is enabled in the ledger"),
    HAS("supported", "boolean", "This server handles it"), END};
static const struct result_member shape_balance[] = {HAS("currency", "string", "The currency"),
                                                     HAS("value", "string", "How much"), END};
static const struct result_member shape_price_stats[] = {
    HAS("mean", "string", "Their mean"), HAS("standard_deviation", "string", "How they spread"),
    HAS("size", "integer", "How many there are"), END};
static const struct result_member shape_header[] = {
    HAS("closed", "boolean", "Always true"),
    MAY("ledger_data", "HexText", "With binary: the header's bytes"),
    MAY("account_hash", "Hash256", "Root of the state"),
    MAY("close_flags", "integer", "Flags of its close"),
    MAY("close_time", "integer", "When it closed, seconds since 2000"),
    MAY("close_time_human", "string", "The same, to read"),
    MAY("close_time_iso", "string", "The same, ISO 8601"),
    MAY("close_time_resolution", "integer", "To how many seconds that is rounded"),
    MAY("parent_close_time", "integer", "When its parent closed"),
    MAY("ledger_hash", "Hash256", "Its hash"),
    MAY("parent_hash", "Hash256", "Its parent's"),
    MAY("total_coins", "DecimalText", "Drops of XRP that exist"),
    MAY("transaction_hash", "Hash256", "Root of its transactions"),
    MAY("ledger_index", "any", "Its sequence: text in version 1, a number since"),
    MAY("transactions", "[any]",
        "With transactions: their hashes, or with expand each whole (see LedgerTransaction)"),
    MAY("diff", "[Difference]", "With diff: the objects that it changed"),
    END};
static const struct result_member shape_ledger_transaction[] = {
    HAS("hash", "Hash256", "Its id"),
    MAY("ctid", "string", "Its concise identifier"),
    UNTIL("metaData", "Metadata", 1, "What it changed"),
    MAY("meta", "any", "What it changed; with binary (version 1) its bytes"),
    SINCE("meta_blob", "HexText", 2, "With binary: the bytes of the metadata"),
    MAY("tx_blob", "HexText", "With binary: its bytes"),
    SINCE("tx_json", "Transaction", 2, "The transaction"),
    SINCE("ledger_hash", "Hash256", 2, "Its ledger"),
    SINCE("ledger_index", "integer", 2, "Its ledger"),
    SINCE("close_time_iso", "string", 2, "When the ledger closed"),
    SINCE("validated", "boolean", 2, "Always true"),
    MAY("owner_funds", "string",
        "With owner_funds: what the maker of an offer holds of what it gives"),
    END};
static const struct result_member shape_difference[] = {
    HAS("object_id", "Hash256", "Its key"),
    HAS("object", "any", "The object (with binary its bytes); empty when it was deleted"), END};
static const struct result_member shape_ledger_info[] = {
    HAS("age", "integer", "Seconds since it closed"),
    HAS("hash", "Hash256", "Its hash"),
    HAS("seq", "integer", "Its sequence"),
    HAS("base_fee_xrp", "number", "Fee of the simplest transaction"),
    HAS("reserve_base_xrp", "number", "What every account keeps"),
    HAS("reserve_inc_xrp", "number", "... and for each thing that it owns"),
    END};
static const struct result_member shape_cache[] = {
    HAS("size", "integer", "Objects in it"),
    HAS("is_enabled", "boolean", "Always true"),
    HAS("is_full", "boolean", "Always true"),
    HAS("latest_ledger_seq", "integer", "Its ledger"),
    HAS("object_hit_rate", "number", "Part of reads that it answered"),
    HAS("successor_hit_rate", "number", "The same"),
    END};
static const struct result_member shape_server_info[] = {
    HAS("complete_ledgers", "string", "The ledgers held, as spans"),
    HAS("time", "string", "Its clock"),
    HAS("uptime", "integer", "Seconds since the start"),
    HAS("clio_version", "string", "Version of this program"),
    HAS("libxrpl_version", "string", "Version of the protocol's tables"),
    HAS("build_version", "string", "rippled's version, or that of the protocol's tables"),
    MAY("network_id", "integer", "Which network this is"),
    HAS("validated_ledger", "LedgerInfo", "The newest ledger"),
    HAS("cache", "Cache", "The newest state"),
    HAS("load_factor", "number", "What rippled multiplies fees with"),
    MAY("validation_quorum", "integer", "Of rippled"),
    MAY("rippled_version", "string", "Of rippled"),
    MAY("protocol", "object", "Version and hash of the protocol's tables"),
    MAY("corruption_detected", "boolean", "Damage was found"),
    MAY("etl", "object", "For admins: where ledgers come from"),
    MAY("counters", "object", "For admins: what was asked"),
    MAY("backend_counters", "object", "For admins, on request: what the store did"),
    END};
static const struct result_member shape_pseudo_account[] = {
    HAS("type", "string", "AMM, Vault or LoanBroker"), END};
static const struct result_member shape_vault[] = {
    HAS("shares", "Entry", "The issuance of its shares"), END};
static const struct result_member shape_version_range[] = {
    HAS("first", "integer", "Oldest"), HAS("last", "integer", "Newest"),
    HAS("good", "integer", "Best supported"), END};

const struct result_shape results_shapes[] = {
    {"Channel", "A payment channel", shape_channel},
    {"Line", "A trust line as one of its accounts sees it", shape_line},
    {"AccountOffer", "An offer of an account", shape_account_offer},
    {"NFT", "A token that an account holds", shape_nft},
    {"NFTState", "What the history knows of a token", shape_nft_state},
    {"NFTOffer", "An offer to buy or sell a token", shape_nft_offer},
    {"MPT", "A holding of a multi-purpose token", shape_mpt},
    {"MPTIssuance", "An issuance of a multi-purpose token", shape_mpt_issuance},
    {"MPTHolder", "A holder of an issuance", shape_mpt_holder},
    {"TransactionMarker", "Where a list of transactions goes on", shape_transaction_marker},
    {"HistoryEntry",
     "A transaction in a list: version 1 has tx, version 2 tx_json; with binary the bytes in hex",
     shape_history_entry},
    {"AMM", "An automated market maker", shape_amm},
    {"AMMSlot", "The auction slot", shape_amm_slot},
    {"AMMAccount", "An account", shape_amm_account},
    {"AMMVote", "A vote on the trading fee", shape_amm_vote},
    {"BookChange", "Trades of a pair of assets in a ledger", shape_book_change},
    {"Feature", "An amendment", shape_feature},
    {"Balance", "An amount of a currency", shape_balance},
    {"PriceStats", "Statistics of prices", shape_price_stats},
    {"Header", "A ledger's header", shape_header},
    {"LedgerTransaction",
     "A transaction of a ledger with expand (version 1: its fields stand beside these)",
     shape_ledger_transaction},
    {"Difference", "An object that a ledger changed", shape_difference},
    {"LedgerInfo", "The newest ledger", shape_ledger_info},
    {"Cache", "The newest state in memory", shape_cache},
    {"ServerInfo", "This server", shape_server_info},
    {"PseudoAccount", "An account without a key", shape_pseudo_account},
    {"Vault", "A vault; its fields stand beside these", shape_vault},
    {"VersionRange", "Versions of the API", shape_version_range},
    {.name = NULL}};

/* --- results --- */

static const struct result_member of_account_channels[] = {
    HAS("account", "string", "As it was asked for"),
    LEDGER,
    HAS("limit", "integer", "Objects looked at"),
    HAS("channels", "[Channel]", "The channels"),
    MAY("marker", "string", "More follow: the next request's marker"),
    END};
static const struct result_member of_account_currencies[] = {
    LEDGER, HAS("receive_currencies", "[string]", "What it can receive"),
    HAS("send_currencies", "[string]", "What it can send"), END};
static const struct result_member of_account_info[] = {
    HAS("account_data", "Entry",
        "The account's object; in version 1, on request, with signer_lists"),
    HAS("account_flags", "{boolean}", "Its settings, in words"),
    MAY("pseudo_account", "PseudoAccount", "Whose account it is, if nobody has a key for it"),
    SINCE("signer_lists", "[Entry]", 2, "On request: its signer list"),
    LEDGER,
    END};
static const struct result_member of_account_lines[] = {
    HAS("account", "string", "As it was asked for"),
    LEDGER,
    HAS("limit", "integer", "Objects looked at"),
    HAS("lines", "[Line]", "The trust lines"),
    MAY("marker", "string", "More follow: the next request's marker"),
    END};
static const struct result_member of_account_mptoken_issuances[] = {
    HAS("account", "string", "As it was asked for"),
    LEDGER,
    HAS("limit", "integer", "Objects looked at"),
    HAS("mpt_issuances", "[MPTIssuance]", "The issuances"),
    MAY("marker", "string", "More follow: the next request's marker"),
    END};
static const struct result_member of_account_mptokens[] = {
    HAS("account", "string", "As it was asked for"),
    LEDGER,
    HAS("limit", "integer", "Objects looked at"),
    HAS("mptokens", "[MPT]", "The holdings"),
    MAY("marker", "string", "More follow: the next request's marker"),
    END};
static const struct result_member of_account_nfts[] = {
    HAS("account", "string", "As it was asked for"),
    LEDGER,
    HAS("limit", "integer", "Tokens a page"),
    HAS("account_nfts", "[NFT]", "The tokens"),
    MAY("marker", "string", "More follow: the next request's marker"),
    END};
static const struct result_member of_account_objects[] = {
    HAS("account", "string", "As it was asked for"),
    LEDGER,
    HAS("limit", "integer", "Objects looked at"),
    HAS("account_objects", "[Entry]", "The objects"),
    MAY("marker", "string", "More follow: the next request's marker"),
    END};
static const struct result_member of_account_sponsoring[] = {
    HAS("account", "string", "As it was asked for"),
    LEDGER,
    HAS("limit", "integer", "Objects looked at"),
    HAS("sponsored_objects", "[Entry]", "The objects"),
    MAY("marker", "string", "More follow: the next request's marker"),
    END};
static const struct result_member of_account_offers[] = {
    HAS("account", "string", "As it was asked for"), LEDGER,
    HAS("offers", "[AccountOffer]", "The offers"),
    MAY("marker", "string", "More follow: the next request's marker"), END};
static const struct result_member of_account_tx[] = {
    HAS("account", "Address", "The account"),
    HAS("ledger_index_min", "integer", "Oldest ledger looked at"),
    HAS("ledger_index_max", "integer", "Newest ledger looked at"),
    HAS("transactions", "[HistoryEntry]", "The transactions"),
    HAS("validated", "boolean", "Always true"),
    MAY("limit", "integer", "Transactions looked at"),
    MAY("marker", "TransactionMarker", "More follow: the next request's marker"),
    END};
static const struct result_member of_amm_info[] = {HAS("amm", "AMM", "The market maker"), LEDGER,
                                                   END};
static const struct result_member of_book_changes[] = {
    HAS("type", "string", "Always bookChanges"), LEDGER,
    HAS("ledger_time", "integer", "When the ledger closed, seconds since 2000"),
    HAS("changes", "[BookChange]", "The trades, by pair"), END};
static const struct result_member of_book_offers[] = {
    LEDGER,
    HAS("offers", "[Entry]",
        "The offers, best first; with owner_funds, quality and, if not wholly funded, "
        "taker_gets_funded and taker_pays_funded"),
    END};
static const struct result_member of_deposit_authorized[] = {
    HAS("deposit_authorized", "boolean", "May the source pay the destination?"),
    HAS("source_account", "string", "As it was asked for"),
    HAS("destination_account", "string", "As it was asked for"),
    MAY("credentials", "[Hash256]", "As they were asked for"),
    LEDGER,
    END};
static const struct result_member of_feature[] = {
    MAY("features", "{Feature}",
        "All amendments by id; with `feature` the one stands beside these under its id"),
    LEDGER, END};
static const struct result_member of_gateway_balances[] = {
    HAS("account", "string", "As it was asked for"),
    MAY("obligations", "{string}", "What it owes, by currency"),
    MAY("balances", "{[Balance]}", "What hot wallets hold, by account"),
    MAY("frozen_balances", "{[Balance]}", "What it owes on frozen lines, by account"),
    MAY("assets", "{[Balance]}", "What it holds of others, by account"),
    MAY("locked", "{string}", "What is in escrow, by currency"),
    LEDGER,
    END};
static const struct result_member of_get_aggregate_price[] = {
    HAS("time", "integer", "Time of the newest price, seconds since 1970"),
    HAS("entire_set", "PriceStats", "Of all prices"),
    MAY("trimmed_set", "PriceStats", "With trim: without the extremes"),
    HAS("median", "string", "The price in the middle"),
    LEDGER,
    END};
static const struct result_member of_ledger[] = {
    HAS("ledger", "Header", "The header, with what was asked for"), LEDGER, END};
static const struct result_member of_ledger_data[] = {
    MAY("ledger", "Header", "The header, on the first page"),
    HAS("state", "[any]", "The objects (with binary: data and index)"),
    MAY("marker", "any", "More follow: the next request's marker"),
    MAY("cache_full", "boolean", "With out_of_order"),
    LEDGER,
    END};
static const struct result_member of_ledger_entry[] = {
    HAS("index", "Hash256", "Key of the object"),
    MAY("node", "Entry", "The object"),
    MAY("node_binary", "HexText", "With binary: its bytes"),
    MAY("deleted_ledger_index", "integer", "With include_deleted: the ledger that deleted it"),
    LEDGER,
    END};
static const struct result_member of_ledger_index[] = {
    HAS("closed", "string", "When the ledger closed"), LEDGER, END};
static const struct result_member of_ledger_range[] = {
    HAS("ledger_index_min", "integer", "Oldest ledger held"),
    HAS("ledger_index_max", "integer", "Newest ledger held"),
    HAS("validated", "boolean", "Always true"), END};
static const struct result_member of_mpt_holders[] = {
    HAS("mpt_issuance_id", "HexText", "Id of the issuance"),
    HAS("limit", "integer", "Holders looked at"),
    HAS("mptokens", "[MPTHolder]", "The holders"),
    MAY("marker", "HexText", "More follow: the next request's marker"),
    LEDGER,
    END};
static const struct result_member of_mptoken_issuance_history[] = {
    HAS("mpt_issuance_id", "HexText", "Id of the issuance"),
    HAS("ledger_index_min", "integer", "Oldest ledger looked at"),
    HAS("ledger_index_max", "integer", "Newest ledger looked at"),
    HAS("transactions", "[HistoryEntry]", "The transactions"),
    HAS("validated", "boolean", "Always true"),
    MAY("limit", "integer", "Transactions looked at"),
    MAY("marker", "TransactionMarker", "More follow: the next request's marker"),
    END};
static const struct result_member of_nft_buy_offers[] = {
    HAS("nft_id", "string", "As it was asked for"),
    HAS("offers", "[NFTOffer]", "The offers"),
    MAY("limit", "integer", "Offers a page"),
    MAY("marker", "Hash256", "More follow: the next request's marker"),
    LEDGER,
    END};
static const struct result_member of_nft_history[] = {
    HAS("nft_id", "Hash256", "The token"),
    HAS("ledger_index_min", "integer", "Oldest ledger looked at"),
    HAS("ledger_index_max", "integer", "Newest ledger looked at"),
    HAS("transactions", "[HistoryEntry]", "The transactions"),
    HAS("validated", "boolean", "Always true"),
    MAY("limit", "integer", "Transactions looked at"),
    MAY("marker", "TransactionMarker", "More follow: the next request's marker"),
    END};
static const struct result_member of_nft_info[] = {
    HAS("nft_id", "Hash256", "Its id"),
    HAS("ledger_index", "integer", "Ledger of the last change"),
    HAS("owner", "Address", "Who holds it, or held it last"),
    HAS("is_burned", "boolean", "It is gone"),
    HAS("uri", "string", "Its URI in hex; may be empty"),
    HAS("flags", "integer", "Its flags"),
    HAS("transfer_fee", "integer", "What the issuer gets of a resale, in 1/100,000"),
    HAS("issuer", "Address", "Who issued it"),
    HAS("nft_taxon", "integer", "Its taxon"),
    HAS("nft_serial", "integer", "Its serial number"),
    HAS("validated", "boolean", "Always true"),
    END};
static const struct result_member of_nft_sell_offers[] = {
    HAS("nft_id", "string", "As it was asked for"),
    HAS("offers", "[NFTOffer]", "The offers"),
    MAY("limit", "integer", "Offers a page"),
    MAY("marker", "Hash256", "More follow: the next request's marker"),
    LEDGER,
    END};
static const struct result_member of_nfts_by_issuer[] = {
    HAS("issuer", "Address", "Who issued them"),
    HAS("limit", "integer", "Tokens looked at"),
    HAS("nfts", "[NFTState]", "The tokens"),
    MAY("nft_taxon", "integer", "As it was asked for"),
    MAY("marker", "Hash256", "More follow: the next request's marker"),
    LEDGER,
    END};
static const struct result_member of_noripple_check[] = {
    HAS("problems", "[string]", "What should be changed, in words"),
    MAY("transactions", "[object]", "On request: transactions that repair it, not signed"), LEDGER,
    END};
static const struct result_member of_ping[] = {MAY("role", "string", "For admins: admin"), END};
static const struct result_member of_random[] = {
    HAS("random", "Hash256", "A number that nobody could foresee"), END};
static const struct result_member of_server_definitions[] = {
    HAS("hash", "Hash256",
        "Hash of the rest: a request that names it gets nothing else when it still holds"),
    MAY("TYPES", "{integer}", "Types of fields"),
    MAY("FIELDS", "[any]", "Fields: name, and what is known of each"),
    MAY("LEDGER_ENTRY_TYPES", "{integer}", "Types of ledger objects"),
    MAY("TRANSACTION_TYPES", "{integer}", "Types of transactions"),
    MAY("TRANSACTION_RESULTS", "{integer}", "Results of transactions"),
    MAY("TRANSACTION_FORMATS", "{any}", "Fields of each transaction"),
    MAY("LEDGER_ENTRY_FORMATS", "{any}", "Fields of each ledger object"),
    MAY("TRANSACTION_FLAGS", "{any}", "Flags of transactions"),
    MAY("LEDGER_ENTRY_FLAGS", "{any}", "Flags of ledger objects"),
    MAY("ACCOUNT_SET_FLAGS", "{integer}", "Settings of AccountSet"),
    END};
static const struct result_member of_server_info[] = {
    HAS("info", "ServerInfo", "The server"), HAS("validated", "boolean", "Always true"), END};
static const struct result_member of_subscribe[] = {
    MAY("ledger_index", "integer", "Stream ledger: the newest ledger"),
    MAY("ledger_hash", "Hash256", "... its hash"),
    MAY("ledger_time", "integer", "... when it closed"),
    MAY("fee_base", "integer", "... fee of the simplest transaction, in drops"),
    MAY("reserve_base", "integer", "... what every account keeps"),
    MAY("reserve_inc", "integer", "... and for each thing that it owns"),
    MAY("validated_ledgers", "string", "... the ledgers held"),
    MAY("network_id", "integer", "... which network this is"),
    MAY("asks", "[any]", "Books with snapshot and both: the other side's offers"),
    MAY("bids", "[any]", "... and those of this side"),
    MAY("offers", "[any]", "Books with snapshot: their offers"),
    END};
static const struct result_member of_transaction_entry[] = {
    HAS("tx_json", "Transaction", "The transaction"),
    UNTIL("metadata", "Metadata", 1, "What it changed"),
    SINCE("meta", "Metadata", 2, "What it changed"),
    SINCE("hash", "Hash256", 2, "Its id"),
    SINCE("close_time_iso", "string", 2, "When the ledger closed"),
    LEDGER,
    END};
static const struct result_member of_tx[] = {
    HAS("hash", "Hash256", "Its id"),
    MAY("ctid", "string", "Its concise identifier"),
    HAS("ledger_index", "integer", "Its ledger"),
    SINCE("ledger_hash", "Hash256", 2, "Its ledger"),
    SINCE("close_time_iso", "string", 2, "When the ledger closed"),
    MAY("date", "integer",
        "When the ledger closed, seconds since 2000 (version 1, where the transaction's fields "
        "stand beside these)"),
    UNTIL("inLedger", "integer", 1, "Its ledger"),
    MAY("meta", "any", "What it changed; with binary (version 1) its bytes"),
    SINCE("meta_blob", "HexText", 2, "With binary: the bytes of the metadata"),
    UNTIL("tx", "HexText", 1, "With binary: its bytes"),
    SINCE("tx_blob", "HexText", 2, "With binary: its bytes"),
    SINCE("tx_json", "Transaction", 2, "The transaction"),
    HAS("validated", "boolean", "Always true"),
    END};
static const struct result_member of_tx_history[] = {
    HAS("index", "integer", "As it was asked for"), HAS("txs", "[Transaction]", "The transactions"),
    HAS("validated", "boolean", "Always true"), END};
static const struct result_member of_unsubscribe[] = {END};
static const struct result_member of_vault_info[] = {HAS("vault", "Vault", "The vault"), LEDGER,
                                                     END};
static const struct result_member of_version[] = {
    HAS("version", "VersionRange", "The API's versions"), END};

/* --- errors that are found behind the parameters --- */

static const enum rpc_code account_channels_errors[] = {
    RPC_INVALID_PARAMS, RPC_ACT_NOT_FOUND, RPC_DB_DESERIALIZATION, RPC_LGR_NOT_FOUND, RPC_NONE};
static const enum rpc_code account_currencies_errors[] = {
    RPC_ACT_NOT_FOUND, RPC_LGR_NOT_FOUND, RPC_DB_DESERIALIZATION, RPC_INVALID_PARAMS, RPC_NONE};
static const enum rpc_code account_info_errors[] = {RPC_DB_DESERIALIZATION, RPC_INVALID_PARAMS,
                                                    RPC_ACT_NOT_FOUND, RPC_LGR_NOT_FOUND, RPC_NONE};
static const enum rpc_code account_lines_errors[] = {RPC_ACT_MALFORMED,      RPC_ACT_NOT_FOUND,
                                                     RPC_DB_DESERIALIZATION, RPC_INVALID_PARAMS,
                                                     RPC_LGR_NOT_FOUND,      RPC_NONE};
static const enum rpc_code account_mptoken_issuances_errors[] = {
    RPC_ACT_MALFORMED,  RPC_ACT_NOT_FOUND, RPC_DB_DESERIALIZATION,
    RPC_INVALID_PARAMS, RPC_LGR_NOT_FOUND, RPC_NONE};
static const enum rpc_code account_mptokens_errors[] = {RPC_ACT_MALFORMED,      RPC_ACT_NOT_FOUND,
                                                        RPC_DB_DESERIALIZATION, RPC_INVALID_PARAMS,
                                                        RPC_LGR_NOT_FOUND,      RPC_NONE};
static const enum rpc_code account_nfts_errors[] = {
    RPC_INVALID_PARAMS, RPC_ACT_NOT_FOUND, RPC_LGR_NOT_FOUND, RPC_DB_DESERIALIZATION, RPC_NONE};
static const enum rpc_code account_objects_errors[] = {
    RPC_INVALID_PARAMS, RPC_ACT_NOT_FOUND, RPC_LGR_NOT_FOUND, RPC_DB_DESERIALIZATION, RPC_NONE};
static const enum rpc_code account_sponsoring_errors[] = {
    RPC_INVALID_PARAMS, RPC_ACT_NOT_FOUND, RPC_LGR_NOT_FOUND, RPC_DB_DESERIALIZATION, RPC_NONE};
static const enum rpc_code account_offers_errors[] = {
    RPC_ACT_NOT_FOUND, RPC_LGR_NOT_FOUND, RPC_DB_DESERIALIZATION, RPC_INVALID_PARAMS, RPC_NONE};
static const enum rpc_code account_tx_errors[] = {
    RPC_INVALID_PARAMS,    RPC_ACT_MALFORMED,     RPC_NOT_READY,
    RPC_LGR_IDX_MALFORMED, RPC_INVALID_LGR_RANGE, RPC_LGR_IDXS_INVALID,
    RPC_LGR_NOT_FOUND,     RPC_OBJECT_NOT_FOUND,  RPC_NONE};
static const enum rpc_code amm_info_errors[] = {RPC_ACT_MALFORMED,      RPC_ACT_NOT_FOUND,
                                                RPC_INVALID_PARAMS,     RPC_LGR_NOT_FOUND,
                                                RPC_DB_DESERIALIZATION, RPC_NONE};
static const enum rpc_code book_changes_errors[] = {RPC_LGR_NOT_FOUND, RPC_NONE};
static const enum rpc_code book_offers_errors[] = {
    RPC_DST_AMT_MALFORMED, RPC_DST_ISR_MALFORMED, RPC_SRC_CUR_MALFORMED,
    RPC_SRC_ISR_MALFORMED, RPC_INVALID_PARAMS,    RPC_DOMAIN_MALFORMED,
    RPC_BAD_MARKET,        RPC_LGR_NOT_FOUND,     RPC_NONE};
static const enum rpc_code deposit_authorized_errors[] = {
    RPC_INVALID_PARAMS,    RPC_BAD_CREDENTIALS, RPC_SRC_ACT_NOT_FOUND,
    RPC_DST_ACT_NOT_FOUND, RPC_LGR_NOT_FOUND,   RPC_NONE};
static const enum rpc_code feature_errors[] = {RPC_NO_PERMISSION, RPC_BAD_FEATURE,
                                               RPC_LGR_NOT_FOUND, RPC_NONE};
static const enum rpc_code gateway_balances_errors[] = {RPC_INVALID_HOT_WALLET, RPC_INVALID_PARAMS,
                                                        RPC_ACT_NOT_FOUND,      RPC_LGR_NOT_FOUND,
                                                        RPC_DB_DESERIALIZATION, RPC_NONE};
static const enum rpc_code get_aggregate_price_errors[] = {
    RPC_INVALID_PARAMS, RPC_ORACLE_MALFORMED, RPC_OBJECT_NOT_FOUND, RPC_LGR_NOT_FOUND, RPC_NONE};
static const enum rpc_code ledger_errors[] = {RPC_NOT_SUPPORTED, RPC_LGR_NOT_FOUND, RPC_NONE};
static const enum rpc_code ledger_data_errors[] = {RPC_INVALID_PARAMS, RPC_LGR_NOT_FOUND, RPC_NONE};
static const enum rpc_code ledger_entry_errors[] = {RPC_LGR_NOT_FOUND,
                                                    RPC_ENTRY_NOT_FOUND,
                                                    RPC_UNEXPECTED_LEDGER_TYPE,
                                                    RPC_MALFORMED_REQUEST,
                                                    RPC_MALFORMED_ADDRESS,
                                                    RPC_MALFORMED_OWNER,
                                                    RPC_MALFORMED_AUTHORIZED_CREDENTIALS,
                                                    RPC_INVALID_PARAMS,
                                                    RPC_MALFORMED_DOCUMENT_ID,
                                                    RPC_UNKNOWN_OPTION,
                                                    RPC_NONE};
static const enum rpc_code ledger_index_errors[] = {RPC_INVALID_PARAMS, RPC_NOT_READY,
                                                    RPC_LGR_NOT_FOUND, RPC_NONE};
static const enum rpc_code ledger_range_errors[] = {RPC_NOT_READY, RPC_NONE};
static const enum rpc_code mpt_holders_errors[] = {RPC_OBJECT_NOT_FOUND, RPC_LGR_NOT_FOUND,
                                                   RPC_INVALID_PARAMS, RPC_NONE};
static const enum rpc_code mptoken_issuance_history_errors[] = {
    RPC_INVALID_PARAMS,   RPC_NOT_READY,     RPC_LGR_IDX_MALFORMED, RPC_INVALID_LGR_RANGE,
    RPC_LGR_IDXS_INVALID, RPC_LGR_NOT_FOUND, RPC_OBJECT_NOT_FOUND,  RPC_NONE};
static const enum rpc_code nft_buy_offers_errors[] = {RPC_INVALID_PARAMS, RPC_OBJECT_NOT_FOUND,
                                                      RPC_LGR_NOT_FOUND, RPC_NONE};
static const enum rpc_code nft_history_errors[] = {
    RPC_OBJECT_NOT_FOUND, RPC_NOT_READY,      RPC_LGR_IDX_MALFORMED, RPC_INVALID_LGR_RANGE,
    RPC_LGR_IDXS_INVALID, RPC_INVALID_PARAMS, RPC_LGR_NOT_FOUND,     RPC_NONE};
static const enum rpc_code nft_info_errors[] = {RPC_OBJECT_NOT_FOUND, RPC_LGR_NOT_FOUND, RPC_NONE};
static const enum rpc_code nft_sell_offers_errors[] = {RPC_INVALID_PARAMS, RPC_OBJECT_NOT_FOUND,
                                                       RPC_LGR_NOT_FOUND, RPC_NONE};
static const enum rpc_code nfts_by_issuer_errors[] = {
    RPC_INVALID_PARAMS, RPC_ACT_NOT_FOUND, RPC_LGR_NOT_FOUND, RPC_DB_DESERIALIZATION, RPC_NONE};
static const enum rpc_code noripple_check_errors[] = {
    RPC_INVALID_PARAMS, RPC_ACT_NOT_FOUND, RPC_LGR_NOT_FOUND, RPC_DB_DESERIALIZATION, RPC_NONE};
static const enum rpc_code server_definitions_errors[] = {RPC_INVALID_PARAMS, RPC_NONE};
static const enum rpc_code server_info_errors[] = {RPC_LGR_NOT_FOUND, RPC_NONE};
static const enum rpc_code subscribe_errors[] = {
    RPC_INVALID_PARAMS,    RPC_LGR_NOT_FOUND,     RPC_NOT_SUPPORTED,
    RPC_TOO_BUSY,          RPC_MALFORMED_STREAM,  RPC_NO_PERMISSION,
    RPC_ACT_MALFORMED,     RPC_BAD_ISSUER,        RPC_SRC_CUR_MALFORMED,
    RPC_SRC_ISR_MALFORMED, RPC_DST_AMT_MALFORMED, RPC_DST_ISR_MALFORMED,
    RPC_DOMAIN_MALFORMED,  RPC_BAD_MARKET,        RPC_NONE};
static const enum rpc_code transaction_entry_errors[] = {
    RPC_FIELD_NOT_FOUND_TRANSACTION, RPC_TXN_NOT_FOUND, RPC_LGR_NOT_FOUND, RPC_NONE};
static const enum rpc_code tx_errors[] = {RPC_INVALID_LGR_RANGE, RPC_EXCESSIVE_LGR_RANGE,
                                          RPC_TXN_NOT_FOUND,     RPC_INVALID_PARAMS,
                                          RPC_WRONG_NETWORK,     RPC_NONE};
static const enum rpc_code tx_history_errors[] = {RPC_INVALID_PARAMS, RPC_UNKNOWN_CMD,
                                                  RPC_NO_PERMISSION, RPC_NOT_READY, RPC_NONE};
static const enum rpc_code unsubscribe_errors[] = {RPC_NOT_SUPPORTED, RPC_NONE};
static const enum rpc_code vault_info_errors[] = {RPC_MALFORMED_REQUEST, RPC_ENTRY_NOT_FOUND,
                                                  RPC_LGR_NOT_FOUND, RPC_DB_DESERIALIZATION,
                                                  RPC_NONE};
static const enum rpc_code no_errors[] = {RPC_NONE};

static const struct {
    const char *method;
    const struct result_member *members;
    const enum rpc_code *errors;
} results[] = {
    {"account_channels", of_account_channels, account_channels_errors},
    {"account_currencies", of_account_currencies, account_currencies_errors},
    {"account_info", of_account_info, account_info_errors},
    {"account_lines", of_account_lines, account_lines_errors},
    {"account_mptoken_issuances", of_account_mptoken_issuances, account_mptoken_issuances_errors},
    {"account_mptokens", of_account_mptokens, account_mptokens_errors},
    {"account_nfts", of_account_nfts, account_nfts_errors},
    {"account_objects", of_account_objects, account_objects_errors},
    {"account_offers", of_account_offers, account_offers_errors},
    {"account_sponsoring", of_account_sponsoring, account_sponsoring_errors},
    {"account_tx", of_account_tx, account_tx_errors},
    {"amm_info", of_amm_info, amm_info_errors},
    {"book_changes", of_book_changes, book_changes_errors},
    {"book_offers", of_book_offers, book_offers_errors},
    {"deposit_authorized", of_deposit_authorized, deposit_authorized_errors},
    {"feature", of_feature, feature_errors},
    {"gateway_balances", of_gateway_balances, gateway_balances_errors},
    {"get_aggregate_price", of_get_aggregate_price, get_aggregate_price_errors},
    {"ledger", of_ledger, ledger_errors},
    {"ledger_data", of_ledger_data, ledger_data_errors},
    {"ledger_entry", of_ledger_entry, ledger_entry_errors},
    {"ledger_index", of_ledger_index, ledger_index_errors},
    {"ledger_range", of_ledger_range, ledger_range_errors},
    {"mpt_holders", of_mpt_holders, mpt_holders_errors},
    {"mptoken_issuance_history", of_mptoken_issuance_history, mptoken_issuance_history_errors},
    {"nft_buy_offers", of_nft_buy_offers, nft_buy_offers_errors},
    {"nft_history", of_nft_history, nft_history_errors},
    {"nft_info", of_nft_info, nft_info_errors},
    {"nft_sell_offers", of_nft_sell_offers, nft_sell_offers_errors},
    {"nfts_by_issuer", of_nfts_by_issuer, nfts_by_issuer_errors},
    {"noripple_check", of_noripple_check, noripple_check_errors},
    {"ping", of_ping, no_errors},
    {"random", of_random, no_errors},
    {"server_definitions", of_server_definitions, server_definitions_errors},
    {"server_info", of_server_info, server_info_errors},
    {"subscribe", of_subscribe, subscribe_errors},
    {"transaction_entry", of_transaction_entry, transaction_entry_errors},
    {"tx", of_tx, tx_errors},
    {"tx_history", of_tx_history, tx_history_errors},
    {"unsubscribe", of_unsubscribe, unsubscribe_errors},
    {"vault_info", of_vault_info, vault_info_errors},
    {"version", of_version, no_errors},
};
#define N_RESULTS (sizeof results / sizeof *results)

const struct result_member *results_of(const char *method)
{
    for (size_t i = 0; i < N_RESULTS; i++)
        if (strcmp(results[i].method, method) == 0)
            return results[i].members;
    return NULL;
}

const enum rpc_code *results_errors(const char *method)
{
    for (size_t i = 0; i < N_RESULTS; i++)
        if (strcmp(results[i].method, method) == 0)
            return results[i].errors;
    return no_errors;
}
