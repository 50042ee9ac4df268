import { providerContract } from '../../contract/provider-contract.ts';
import { Receiver } from './receiver.ts';
import { aProvider, aTarget } from './webhooks.ts';

providerContract({
  name: 'webhook',
  open: async () => {
    const receiver = await Receiver.open();
    const provider = aProvider();
    return {
      provider,
      target: aTarget(receiver.url('/a'), { evicts: true }, 'a'),
      otherTarget: aTarget(receiver.url('/b'), { evicts: true }, 'b'),
      close: async () => {
        await provider.close();
        await receiver.close();
      },
    };
  },
});
