// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Signed} from "./Signed.sol";
import {Token} from "./Token.sol";

/// Tokens of one issuer, drawn on by cumulative cheques. Twin of protocols/ledger/contracts/chequebook.ts, which says why.
/// Runs behind minimal proxies: no constructor, no immutables.
contract Chequebook {
    struct HardDeposit {
        uint256 amount;
        uint256 decreaseAmount;
        /// Seconds; 0 stands for the default.
        uint256 timeout;
        /// Seconds; 0 while no decrease is prepared.
        uint256 canBeDecreasedAt;
    }

    address public issuer;
    Token public token;
    uint256 public defaultHardDepositTimeout;
    mapping(address => uint256) public paidOut;
    uint256 public totalPaidOut;
    mapping(address => HardDeposit) public hardDeposits;
    uint256 public totalHardDeposit;
    bool public bounced;

    event ChequeCashed(
        address indexed beneficiary,
        address indexed recipient,
        address indexed caller,
        uint256 totalPayout,
        uint256 cumulativePayout,
        uint256 callerPayout
    );
    event ChequeBounced();
    event HardDepositAmountChanged(address indexed beneficiary, uint256 amount);
    event HardDepositDecreasePrepared(address indexed beneficiary, uint256 decreaseAmount);
    event HardDepositTimeoutChanged(address indexed beneficiary, uint256 timeout);

    function init(address issuer_, address token_, uint256 defaultHardDepositTimeout_) external {
        require(issuer_ != address(0), "invalid issuer");
        require(issuer == address(0), "already initialized");
        issuer = issuer_;
        token = Token(token_);
        defaultHardDepositTimeout = defaultHardDepositTimeout_;
    }

    function balance() public view returns (uint256) {
        return token.balanceOf(address(this));
    }

    function liquidBalance() public view returns (uint256) {
        return minus(balance(), totalHardDeposit);
    }

    function liquidBalanceFor(address beneficiary) public view returns (uint256) {
        return plus(liquidBalance(), hardDeposits[beneficiary].amount);
    }

    /// Cashes for a beneficiary who has agreed to it, and keeps callerPayout of it.
    function cashCheque(
        address beneficiary,
        address recipient,
        uint256 cumulativePayout,
        bytes memory beneficiarySignature,
        uint256 callerPayout,
        bytes memory issuerSignature
    ) external {
        bytes32 agreement = Signed.cashout(
            address(this),
            msg.sender,
            cumulativePayout,
            recipient,
            callerPayout
        );
        require(
            Signed.recover(agreement, beneficiarySignature) == beneficiary,
            "invalid beneficiary signature"
        );
        cash(beneficiary, recipient, cumulativePayout, callerPayout, issuerSignature);
    }

    function cashChequeBeneficiary(
        address recipient,
        uint256 cumulativePayout,
        bytes memory issuerSignature
    ) external {
        cash(msg.sender, recipient, cumulativePayout, 0, issuerSignature);
    }

    function prepareDecreaseHardDeposit(address beneficiary, uint256 decreaseAmount) external {
        require(msg.sender == issuer, "SimpleSwap: not issuer");
        HardDeposit storage deposit = hardDeposits[beneficiary];
        require(decreaseAmount <= deposit.amount, "hard deposit not sufficient");
        uint256 timeout = deposit.timeout == 0 ? defaultHardDepositTimeout : deposit.timeout;
        deposit.canBeDecreasedAt = plus(block.timestamp, timeout);
        deposit.decreaseAmount = decreaseAmount;
        emit HardDepositDecreasePrepared(beneficiary, decreaseAmount);
    }

    function decreaseHardDeposit(address beneficiary) external {
        HardDeposit storage deposit = hardDeposits[beneficiary];
        require(
            deposit.canBeDecreasedAt != 0 && block.timestamp >= deposit.canBeDecreasedAt,
            "deposit not yet timed out"
        );
        deposit.amount = minus(deposit.amount, deposit.decreaseAmount);
        deposit.canBeDecreasedAt = 0;
        totalHardDeposit = minus(totalHardDeposit, deposit.decreaseAmount);
        emit HardDepositAmountChanged(beneficiary, deposit.amount);
    }

    function increaseHardDeposit(address beneficiary, uint256 amount) external {
        require(msg.sender == issuer, "SimpleSwap: not issuer");
        uint256 total = plus(totalHardDeposit, amount);
        require(total <= balance(), "hard deposit exceeds balance");
        HardDeposit storage deposit = hardDeposits[beneficiary];
        deposit.amount += amount;
        totalHardDeposit = total;
        deposit.canBeDecreasedAt = 0;
        emit HardDepositAmountChanged(beneficiary, deposit.amount);
    }

    function setCustomHardDepositTimeout(
        address beneficiary,
        uint256 timeout,
        bytes memory beneficiarySignature
    ) external {
        require(msg.sender == issuer, "not issuer");
        require(
            Signed.recover(
                Signed.timeout(address(this), beneficiary, timeout),
                beneficiarySignature
            ) == beneficiary,
            "invalid beneficiary signature"
        );
        hardDeposits[beneficiary].timeout = timeout;
        emit HardDepositTimeoutChanged(beneficiary, timeout);
    }

    function withdraw(uint256 amount) external {
        require(msg.sender == issuer, "not issuer");
        require(amount <= liquidBalance(), "liquidBalance not sufficient");
        require(token.transfer(issuer, amount), "transfer failed");
    }

    function cash(
        address beneficiary,
        address recipient,
        uint256 cumulativePayout,
        uint256 callerPayout,
        bytes memory issuerSignature
    ) private {
        if (msg.sender != issuer) {
            bytes32 promised = Signed.cheque(address(this), beneficiary, cumulativePayout);
            require(
                Signed.recover(promised, issuerSignature) == issuer,
                "invalid issuer signature"
            );
        }
        uint256 request = minus(cumulativePayout, paidOut[beneficiary]);
        uint256 liquid = liquidBalanceFor(beneficiary);
        uint256 payout = request < liquid ? request : liquid;
        require(payout >= callerPayout, "SimpleSwap: cannot pay caller");
        HardDeposit storage deposit = hardDeposits[beneficiary];
        uint256 fromDeposit = payout < deposit.amount ? payout : deposit.amount;
        if (fromDeposit != 0) {
            deposit.amount -= fromDeposit;
            totalHardDeposit -= fromDeposit;
        }
        paidOut[beneficiary] = plus(paidOut[beneficiary], payout);
        totalPaidOut = plus(totalPaidOut, payout);
        if (payout != request) {
            bounced = true;
            emit ChequeBounced();
        }
        if (callerPayout != 0) require(token.transfer(msg.sender, callerPayout), "transfer failed");
        require(token.transfer(recipient, payout - callerPayout), "transfer failed");
        emit ChequeCashed(
            beneficiary,
            recipient,
            msg.sender,
            payout,
            cumulativePayout,
            callerPayout
        );
    }

    function plus(uint256 a, uint256 b) private pure returns (uint256) {
        unchecked {
            require(a + b >= a, "SafeMath: addition overflow");
            return a + b;
        }
    }

    function minus(uint256 a, uint256 b) private pure returns (uint256) {
        require(b <= a, "SafeMath: subtraction overflow");
        unchecked {
            return a - b;
        }
    }
}
