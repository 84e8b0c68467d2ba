// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Chequebook} from "./Chequebook.sol";
import {ChequebookFactory} from "./ChequebookFactory.sol";
import {Parameters} from "./Parameters.sol";
import {Signed} from "./Signed.sol";
import {Token} from "./Token.sol";

/// Protests of late cheques. Twin of protocols/ledger/contracts/protests.ts, which says why.
contract Protests {
    struct Protest {
        address debtor;
        address creditor;
        address chequebook;
        uint256 cumulativePayout;
        /// 0 none, 1 open, 2 answered with a cheque, 3 settled by payment.
        uint256 status;
    }

    uint256 private constant OPEN = 1;
    uint256 private constant ANSWERED = 2;
    uint256 private constant SETTLED = 3;

    Token public immutable token;
    ChequebookFactory public immutable factory;
    Parameters public immutable parameters;
    mapping(bytes32 => Protest) private protests;
    mapping(address => uint256) public openAgainst;
    mapping(address => uint256) public totalAgainst;

    event Protested(
        bytes32 indexed id,
        address indexed debtor,
        address indexed creditor,
        address chequebook,
        uint256 cumulativePayout,
        uint256 dueAt,
        uint256 fee
    );
    event ProtestAnswered(
        bytes32 indexed id,
        address indexed debtor,
        address indexed creditor,
        uint256 cumulativePayout,
        bytes signature
    );
    event ProtestSettled(bytes32 indexed id, address indexed debtor, address indexed creditor);

    constructor(Token token_, ChequebookFactory factory_, Parameters parameters_) {
        token = token_;
        factory = factory_;
        parameters = parameters_;
    }

    function statusOf(bytes32 id) external view returns (uint256) {
        return protests[id].status;
    }

    /// Anyone may carry the invoice; the creditor must have signed it.
    function protest(
        address creditor,
        address debtor,
        address chequebook,
        uint256 cumulativePayout,
        uint256 dueAt,
        bytes memory creditorSignature
    ) external returns (bytes32) {
        bytes32 id = Signed.invoice(creditor, debtor, chequebook, cumulativePayout, dueAt);
        require(block.timestamp > dueAt, "invoice not overdue");
        require(protests[id].status == 0, "already protested");
        require(
            Signed.recover(id, creditorSignature) == creditor,
            "invalid creditor signature"
        );
        require(factory.deployedContracts(chequebook), "unknown chequebook");
        require(Chequebook(chequebook).issuer() == debtor, "debtor is not the issuer");
        require(Chequebook(chequebook).paidOut(creditor) < cumulativePayout, "already paid");
        protests[id] = Protest(debtor, creditor, chequebook, cumulativePayout, OPEN);
        openAgainst[debtor]++;
        totalAgainst[debtor]++;
        uint256 fee = burnFee();
        emit Protested(id, debtor, creditor, chequebook, cumulativePayout, dueAt, fee);
        return id;
    }

    /// Shows the debtor's cheque over the invoiced sum or more. Anyone may bring it.
    function answer(bytes32 id, uint256 cumulativePayout, bytes memory issuerSignature) external {
        Protest storage p = protests[id];
        require(p.status == OPEN, "no open protest");
        require(cumulativePayout >= p.cumulativePayout, "cheque too small");
        bytes32 promised = Signed.cheque(p.chequebook, p.creditor, cumulativePayout);
        require(
            Signed.recover(promised, issuerSignature) == p.debtor,
            "invalid issuer signature"
        );
        p.status = ANSWERED;
        openAgainst[p.debtor]--;
        emit ProtestAnswered(id, p.debtor, p.creditor, cumulativePayout, issuerSignature);
    }

    /// Closes a protest whose sum has been paid out meanwhile. Anyone may point at it.
    function settle(bytes32 id) external {
        Protest storage p = protests[id];
        require(p.status == OPEN, "no open protest");
        require(
            Chequebook(p.chequebook).paidOut(p.creditor) >= p.cumulativePayout,
            "not yet paid"
        );
        p.status = SETTLED;
        openAgainst[p.debtor]--;
        emit ProtestSettled(id, p.debtor, p.creditor);
    }

    function burnFee() private returns (uint256 fee) {
        fee = parameters.get("protest.fee");
        token.transferFrom(msg.sender, address(this), fee);
        token.burn(fee);
    }
}
